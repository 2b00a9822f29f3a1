import pg from 'pg'
import { startPlainServer } from './plain-server.ts'

/** The plain way: one row a request. */
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 })
await pool.query(
  'create table if not exists bare_event (id text primary key, instance_id text not null, payload jsonb not null, at timestamptz default now())',
)
await startPlainServer(({ id, instanceId, payload }) =>
  pool.query('insert into bare_event (id, instance_id, payload) values ($1, $2, $3) on conflict do nothing', [
    id,
    instanceId,
    payload,
  ]),
)
