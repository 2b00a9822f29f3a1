import { createLinkOf } from '@carteiro/domain/uploads/link'
import type { Dependencies } from '../../dependencies.ts'
import { chooseChannel } from './choose-channel.ts'
import { type Send, sendByBroker } from './send-by-broker.ts'
import { sendByGraph } from './send-by-graph.ts'

/** Long for one message; a claim must outlive it in any case. */
const GRAPH_TIMEOUT_MS = 25_000
/** A broker fetches an upload at once; one that has a queue before it may take a while. */
const LINK_SECONDS = 3_600

/** A linked phone's messages leave by its broker, a Cloud API number's by Meta. */
export function createChannel(dependencies: Dependencies): Send {
  const { broker, config, db, logger } = dependencies
  if (!broker) {
    logger.warn('linked phones send nothing: set WHATSAPP_BROKER_URL and WHATSAPP_BROKER_API_KEY')
  }
  const link = { baseUrl: config.API_INTERNAL_URL, seconds: LINK_SECONDS }
  const timeoutMs = Math.min(GRAPH_TIMEOUT_MS, (config.OUTBOX_CLAIM_SECONDS * 1_000) / 2)
  return chooseChannel({
    db,
    channels: {
      baileys: broker && sendByBroker(broker, createLinkOf(config.UPLOAD_LINK_SECRET, link)),
      cloud: sendByGraph({ ...dependencies, timeoutMs }),
    },
  })
}
