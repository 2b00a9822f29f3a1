import { randomBytes } from 'node:crypto'
import { connect } from '@carteiro/database/connect'
import { createLogger } from '@carteiro/runtime/logger'
import { createSeal } from '@carteiro/runtime/seal'
import type { SignalKeyStore } from '@whiskeysockets/baileys'
import { KeyStore } from '../../../apps/broker/src/features/session/key-store.ts'

/** The broker's own key store, for a session that is not the broker's. */
export async function openPostgresKeys(
  databaseUrl: string,
  instanceId: string,
): Promise<{ keys: SignalKeyStore; close(): Promise<void> }> {
  const logger = createLogger('bench', 'error')
  const { db, close } = connect({ url: databaseUrl, logger, name: 'bench', maxConnections: 20 })
  await db
    .insertInto('broker.instance')
    .values({ id: instanceId, tenant_id: 'bench', name: instanceId })
    .execute()
  const seal = createSeal(randomBytes(32))
  const keys = new KeyStore({ db, seal, instanceId, signal: new AbortController().signal })
  return { keys, close }
}
