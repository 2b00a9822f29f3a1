import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { SCOPES, type Scope } from '@carteiro/contracts/scope'
import { createKey } from '@carteiro/domain/keys/create-key'
import { startDomain, type TestDomain } from '@carteiro/domain/testing/start-domain'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { createLifecycle } from '@carteiro/runtime/lifecycle'
import type { Logger } from '@carteiro/runtime/logger'
import { createApp } from '../app.ts'
import { readApiConfig } from '../config.ts'
import { createDependencies, type Dependencies } from '../dependencies.ts'

export interface TestApi {
  app: HttpServer
  dependencies: Dependencies
  /** What is behind the API, by a connection of its own: tenants `acme` and `other`, each with an instance. */
  domain: TestDomain
  db: TestDomain['db']
  /** A key with every scope, by tenant. */
  keys: Record<'acme' | 'other', string>
  /** The platform's broker's. */
  brokerKey: string
  /** Makes a key of `acme` with these scopes alone. */
  keyWith(...scopes: Scope[]): Promise<string>
}

export interface TestApiOptions {
  /** Variables besides the database and the broker's webhook key. */
  env?: NodeJS.ProcessEnv
  /** Another way to the database than the direct one. @param direct its own URL */
  reach?: (direct: string) => Promise<string>
  /** Where its log goes; left out, nowhere. */
  logger?: Logger
  /** Another API's: this one is a second process beside it. */
  database?: TestDomain
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

const BROKER_KEY = 'webhook key of the platform'

/** The API as its process builds it, on a database of its own, ready for `app.inject`. No broker is configured. */
export async function startApi(t: Teardown, options: TestApiOptions = {}): Promise<TestApi> {
  const { env = {}, reach } = options
  const domain = options.database ?? (await startDomain(t))
  const { db } = domain
  const logger = options.logger ?? domain.logger
  const storagePath = path.join(tmpdir(), `carteiro-test-${randomUUID()}`)
  t.teardown(() => rm(storagePath, { recursive: true, force: true }))
  const config = readApiConfig({
    DATABASE_URL: reach ? await reach(domain.url) : domain.url,
    WHATSAPP_WEBHOOK_API_KEY: BROKER_KEY,
    STORAGE_PATH: storagePath,
    ...env,
  })
  const lifecycle = createLifecycle(logger)
  t.teardown(() => lifecycle.stop())
  const dependencies = await createDependencies(config, logger, lifecycle)
  const app = await createApp(dependencies)
  lifecycle.onStop('http server', () => app.close())

  const makeKey = async (tenantId: string, scopes: readonly Scope[]) => {
    const key = { tenantId, name: 'test', scopes: [...scopes], actor: 'test' }
    return (await createKey({ db }, key)).secret
  }
  return {
    app,
    dependencies,
    domain,
    db,
    keys: { acme: await makeKey('acme', SCOPES), other: await makeKey('other', SCOPES) },
    brokerKey: BROKER_KEY,
    keyWith: (...scopes) => makeKey('acme', scopes),
  }
}
