-- Whose packages are whose: what is said of a package's past is said to those alone in whose images it is, or was.
CREATE VIEW account_package AS
SELECT repository.account_id, set_package.package_id
FROM set_package
JOIN inventory_set ON inventory_set.set_id = set_package.set_id
JOIN monitoring ON monitoring.inventory_id = inventory_set.inventory_id
JOIN repository ON repository.id = monitoring.repository_id;
