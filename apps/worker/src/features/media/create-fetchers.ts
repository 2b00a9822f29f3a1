import { createSeal } from '@carteiro/runtime/seal'
import type { Dependencies } from '../../dependencies.ts'
import { fetchByBroker } from './fetch-by-broker.ts'
import { fetchFromGraph } from './fetch-from-graph.ts'
import type { Fetchers } from './fetch-media.ts'
import { createGraph } from './graph.ts'

/** A linked phone's files come by its broker, a Cloud API number's from Meta. */
export function createFetchers({
  broker,
  config,
  db,
  lifecycle,
}: Pick<Dependencies, 'broker' | 'config' | 'db' | 'lifecycle'>): Fetchers {
  const graph = createGraph({ baseUrl: config.GRAPH_API_BASE_URL, version: config.GRAPH_API_VERSION })
  lifecycle.onStop('graph client', graph.close)
  const key = config.CREDENTIALS_ENCRYPTION_KEY
  return {
    baileys: broker && fetchByBroker(broker),
    cloud: fetchFromGraph({ db, seal: key && createSeal(key), graph }),
  }
}
