import type { Simulator } from '@carteiro/simulation/start-simulator'
import type pg from 'pg'

/** A second socket was opened for an instance while its first was still there. */
export interface Overlap {
  phone: string
  atMs: number
}

/** Looks at every login: WhatsApp ends the older socket only when the newer one is in. */
export function watchSockets({ server }: Simulator): Overlap[] {
  const overlaps: Overlap[] = []
  const login = server.verdicts.login.bind(server.verdicts)
  server.verdicts.login = (device, connection) => {
    if (device.companion?.session) overlaps.push({ phone: device.person.phone, atMs: performance.now() })
    return login(device, connection)
  }
  return overlaps
}

const TABLES = ['session_credential', 'session_key', 'opened_message', 'journal']

/** From now on PostgreSQL writes down who writes into an instance's session without holding its lease. */
export async function watchWrites(database: pg.Client): Promise<void> {
  await database.query(`
    create table prove_stranger (at timestamptz, application text, relation text, instance_id text, holder text);
    create function prove_writes() returns trigger language plpgsql as $$
    declare
      id text := case tg_op when 'DELETE' then old.instance_id else new.instance_id end;
      owner text := (select holder from broker.instance_lease where instance_id = id);
    begin
      if current_setting('application_name') like 'carteiro broker %'
        and current_setting('application_name') <> 'carteiro broker ' || coalesce(owner, '')
      then
        insert into prove_stranger
        values (clock_timestamp(), current_setting('application_name'), tg_table_name, id, owner);
      end if;
      return null;
    end $$;`)
  for (const table of TABLES) {
    // What the publisher settles is no word of the session.
    const acts = table === 'journal' ? 'insert' : 'insert or update or delete'
    await database.query(`create trigger prove_writes after ${acts} on broker.${table}
      for each row execute function prove_writes()`)
  }
}

/** A sentence for each such write. */
export async function readStrangers(database: pg.Client): Promise<string[]> {
  const { rows } = await database.query(`select * from prove_stranger order by at`)
  return rows.map(
    ({ at, application, relation, instance_id, holder }) =>
      `${at.toISOString()} ${application} wrote ${relation} of ${instance_id}, which ${holder || 'nobody'} held`,
  )
}
