-- What else decides whether a distribution's advisories are about a package.
ALTER TABLE package
    ADD COLUMN module text COLLATE "C" NOT NULL DEFAULT '',   -- the module stream that it was built for
    ADD COLUMN vendor text COLLATE "C" NOT NULL DEFAULT '';   -- who built it, where that is not the distribution
