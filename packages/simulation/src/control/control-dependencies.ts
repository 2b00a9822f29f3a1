import type { Counter } from '@carteiro/runtime/metrics'
import type { Faults } from '../faults/create-faults.ts'
import type { MediaHost } from '../media/start-media-host.ts'
import type { WhatsAppServer } from '../server/whatsapp-server.ts'
import type { Changes } from './changes.ts'

/** Where a broker answers, and the key to it. */
export interface BrokerAccess {
  /** A loopback address, `http://host:port`. */
  url: string
  apiKey: string
}

/** What the control API works with. */
export interface ControlDependencies {
  whatsapp: WhatsAppServer
  media: MediaHost
  faults: Faults
  changes: Changes
  /** Messages that customers wrote to accounts, by `delivery`. */
  written: Counter<'delivery'>
  /** The broker whose QR codes phones scan, unless a request names another. */
  broker: BrokerAccess | undefined
}
