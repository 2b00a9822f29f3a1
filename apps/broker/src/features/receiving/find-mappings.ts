import { type BaileysEventMap, type LIDMapping, proto, type WAMessage } from '@whiskeysockets/baileys'

const { LID_MIGRATION_MAPPING_SYNC, SHARE_PHONE_NUMBER } = proto.Message.ProtocolMessage.Type

/**
 * LIDs and phones that are one person, as WhatsApp's own messages tell them: our phone of everybody it talks with when
 * it moves to LIDs, and a person who shares their number. Baileys learns from these and emits nothing. Pure.
 */
export function findMappings({ messages }: BaileysEventMap['messages.upsert']): LIDMapping[] {
  return messages.flatMap((message) => {
    const { type, lidMigrationMappingSyncMessage: sync } = message.message?.protocolMessage ?? {}
    if (type === SHARE_PHONE_NUMBER) return shared(message)
    // From anybody else it would be a lie.
    const payload = type === LID_MIGRATION_MAPPING_SYNC && message.key.fromMe && sync?.encodedMappingPayload
    return payload ? readMigration(payload) : []
  })
}

const shared = ({ key: { remoteJid, remoteJidAlt } }: WAMessage): LIDMapping[] =>
  remoteJid?.endsWith('@lid') && remoteJidAlt ? [{ lid: remoteJid, pn: remoteJidAlt }] : []

function readMigration(payload: Uint8Array): LIDMapping[] {
  try {
    const { pnToLidMappings } = proto.LIDMigrationMappingSyncPayload.decode(payload)
    return pnToLidMappings.map(({ pn, latestLid, assignedLid }) => ({
      lid: `${latestLid || assignedLid}@lid`,
      pn: `${pn}@s.whatsapp.net`,
    }))
  } catch {
    // Baileys, which reads it next, tells of it in the log.
    return []
  }
}
