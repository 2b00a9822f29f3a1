import { hash } from 'node:crypto'
import { INBOUND_SHARDS } from './jobs.ts'

/** The inbound queue of a chat: a pure function, so that every process puts a chat into the same one. */
export function shardOf(tenantId: string, chatKey: string): number {
  const digest = hash('sha256', `${tenantId}\0${chatKey}`, 'buffer')
  return digest.readUInt32BE(0) % INBOUND_SHARDS
}
