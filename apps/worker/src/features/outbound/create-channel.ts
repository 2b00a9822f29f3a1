import type { Dependencies } from '../../dependencies.ts'
import { chooseChannel } from './choose-channel.ts'
import { type Send, sendByBroker } from './send-by-broker.ts'
import { sendByGraph } from './send-by-graph.ts'

/** Long for one message; a claim must outlive it in any case. */
const GRAPH_TIMEOUT_MS = 25_000

/** A linked phone's messages leave by its broker, a Cloud API number's by Meta. */
export function createChannel(dependencies: Dependencies): Send {
  const { broker, config, db, logger } = dependencies
  if (!broker) {
    logger.warn('linked phones send nothing: set WHATSAPP_BROKER_URL and WHATSAPP_BROKER_API_KEY')
  }
  const timeoutMs = Math.min(GRAPH_TIMEOUT_MS, (config.OUTBOX_CLAIM_SECONDS * 1_000) / 2)
  return chooseChannel({
    db,
    channels: {
      baileys: broker && sendByBroker(broker),
      cloud: sendByGraph({ ...dependencies, timeoutMs }),
    },
  })
}
