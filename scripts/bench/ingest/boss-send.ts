import { PgBoss } from 'pg-boss'
import { startPlainServer } from './plain-server.ts'

/** The other plain way: one `boss.send` a request. */
const boss = new PgBoss({
  connectionString: process.env.DATABASE_URL ?? '',
  schema: 'bench_boss',
  max: 20,
  supervise: false,
  schedule: false,
})
await boss.start()
await boss.createQueue('plain')
await startPlainServer((event) => boss.send('plain', event))
