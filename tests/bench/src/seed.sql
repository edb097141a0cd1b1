-- Tenants of one size. How many, how many members each has, and how many stores, stand in settings of the session. Run by
-- a superuser, whom row-level security does not bind.

INSERT INTO tenants (id, slug, slug_key, name, name_key, status, epoch, access_version, created_at, updated_at, version)
SELECT gen_random_uuid(), 'tenant-' || n, 'tenant-' || n, 'Tenant ' || n, 'tenant ' || n, 'active', 1, 1, now(), now(), 1
FROM generate_series(1, current_setting('bench.tenants')::int) n;

INSERT INTO users (id, email, email_key, display_name, display_name_key, epoch, created_at, updated_at, version)
SELECT gen_random_uuid(), n || '@' || slug || '.example', n || '@' || slug || '.example', 'Member', 'member', 1, now(), now(), 1
FROM tenants CROSS JOIN generate_series(1, current_setting('bench.members')::int) n;

INSERT INTO tenant_users (tenant_id, user_id, status, epoch, created_at, updated_at, version)
SELECT t.id, u.id, 'active', 1, now(), now(), 1
FROM tenants t JOIN users u ON split_part(u.email, '@', 2) = t.slug || '.example';

INSERT INTO roles (tenant_id, id, name, name_key, system_key, permissions, created_at, updated_at, version)
SELECT t.id, gen_random_uuid(), initcap(system.key), system.key, system.key, '@' || system.key, now(), now(), 1
FROM tenants t CROSS JOIN (VALUES ('owner'), ('admin'), ('member')) AS system (key);

-- Everybody is an owner, so that everybody may do what is measured, and is signed in.
INSERT INTO user_roles (tenant_id, user_id, role_id, granted_at)
SELECT m.tenant_id, m.user_id, r.id, now()
FROM tenant_users m JOIN roles r ON r.tenant_id = m.tenant_id AND r.system_key = 'owner';

INSERT INTO sessions (tenant_id, id, user_id, membership_epoch, tenant_epoch, created_at, last_used_at, idle_expires_at,
                      expires_at, family_hash, refresh_hash)
SELECT tenant_id, gen_random_uuid(), user_id, 1, 1, now(), now(), now() + interval '1 day', now() + interval '1 day',
       sha256('family'), sha256('secret')
FROM tenant_users;

INSERT INTO audit_heads (tenant_id, seq) SELECT id, 0 FROM tenants;

-- One in twenty is deleted. Shuffled, so that a tenant's rows are not neighbours.
INSERT INTO stores (tenant_id, id, name, name_key, code, code_key, timezone, currency, is_active,
                    created_at, updated_at, version, deleted_at, deletion_id)
SELECT t.id, gen_random_uuid(), 'Store ' || n, 'store ' || n, 'S-' || n, 's-' || n, 'Africa/Nairobi', 'KES', n % 10 <> 3,
       timestamptz '2026-01-01 00:00:00.123457Z' + n * interval '1 minute',
       timestamptz '2026-01-01 00:00:00.123457Z' + n * interval '1 minute', 1,
       CASE WHEN n % 20 = 7 THEN now() END, CASE WHEN n % 20 = 7 THEN gen_random_uuid() END
FROM tenants t CROSS JOIN generate_series(1, current_setting('bench.stores')::int) n
ORDER BY random();
