-- A feed that lost most of its records at once: what is held stays in force until somebody confirms the loss.

ALTER TABLE feed ADD COLUMN unconfirmed_loss int NOT NULL DEFAULT 0; -- records held that its last list no longer had
