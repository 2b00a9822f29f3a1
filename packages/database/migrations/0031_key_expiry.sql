-- A key may be for a while only: from then on it opens nothing, as if it were revoked.
alter table api_key add column expires_at timestamptz;
