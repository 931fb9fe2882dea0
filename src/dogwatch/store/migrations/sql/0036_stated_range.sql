-- What a range says, with the document that says it and when it began to; `to_rev` is 2147483647 while it is in force.
CREATE VIEW stated_range AS
SELECT affected_range.id, advisory.source, advisory.name AS advisory, advisory.modified_at, affected_range.from_rev,
       revision.published_at, affected_range.ecosystem, affected_range.name, affected_range.scheme,
       affected_range.scheme_number, affected_range.low, affected_range.high, affected_range.exact_version,
       affected_range.not_comparable, affected_range.introduced, affected_range.fixed, affected_range.last_affected,
       affected_range.fixed_key, affected_range.fix_state, affected_range.stated_verdict, affected_range.severity,
       affected_range.naming, affected_range.arch, affected_range.advisory_id, affected_range.to_rev
FROM affected_range
JOIN advisory ON advisory.id = affected_range.advisory_id
JOIN revision ON revision.id = affected_range.from_rev;
