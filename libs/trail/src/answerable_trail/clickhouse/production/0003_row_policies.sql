-- Analysts see the rows of tenants whose role they have: `tenant_acme` opens acme. One policy for all tenants, so that a new
-- one cannot be forgotten. It is no condition for the primary key: queries of one tenant say `tenant = 'acme'` too.
--
-- Views run with the rights of whoever asks, so policies of the tables hold through them. The second policy is for those
-- who see everything: once a table has a policy, whoever none is for might see nothing.

CREATE ROW POLICY IF NOT EXISTS answerable_own_tenants
ON trace.events, trace.requests, trace.leaves, trace.nodes, trace.checkpoints, trace.retention, trace.holds, trace.expired
USING tenant IN (arrayMap(role -> substring(role, 8), arrayFilter(role -> startsWith(role, 'tenant_'), enabledRoles())))
TO answerable_analyst;

CREATE ROW POLICY IF NOT EXISTS answerable_every_tenant
ON trace.events, trace.requests, trace.leaves, trace.nodes, trace.checkpoints, trace.retention, trace.holds, trace.expired
USING true
TO answerable_writer, answerable_operator, answerable_auditor;
