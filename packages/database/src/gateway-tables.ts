import type { Big, BigNullable, WhenDefault } from './columns.ts'

export interface GatewayOfferTable {
  tenant_id: string
  delivery_id: string
  seq: Big
  key_id: string
  generation: number
  attempt: number
  key_generation: number
  probe: boolean
  acked_seq: BigNullable
  offered_at: WhenDefault
}

export interface GatewayReaderTable {
  tenant_id: string
  instance_id: string
  key_id: string
  stream_id: string
  opened_at: WhenDefault
}
