import { newId } from '@carteiro/database/new-id'

/** A customer's message as a broker posts it. */
export const brokerMessage = (
  fields: { id?: string; instanceId?: string; phone?: string; text?: string } = {},
) => {
  const { id = newId(), instanceId = 'acme-phone', phone = '+5511955550000', text = 'Oi!' } = fields
  return {
    id,
    type: 'MESSAGE_INBOUND',
    instanceId,
    timestamp: '2024-05-02T13:05:00.000Z',
    payload: { contact: { phone, name: 'Maria' }, message: { conversation: text }, metadata: {} },
  }
}
