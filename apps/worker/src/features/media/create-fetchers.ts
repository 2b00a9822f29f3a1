import type { Dependencies } from '../../dependencies.ts'
import { fetchByBroker } from './fetch-by-broker.ts'
import { fetchFromGraph } from './fetch-from-graph.ts'
import type { Fetchers } from './fetch-media.ts'
import { createMediaGraph } from './graph.ts'

/** A linked phone's files come by its broker, a Cloud API number's from Meta. */
export function createFetchers({
  broker,
  db,
  graph,
  seal,
}: Pick<Dependencies, 'broker' | 'db' | 'graph' | 'seal'>): Fetchers {
  return {
    baileys: broker && fetchByBroker(broker),
    cloud: fetchFromGraph({ db, seal, graph: createMediaGraph(graph) }),
  }
}
