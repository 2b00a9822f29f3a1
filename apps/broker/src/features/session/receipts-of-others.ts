import {
  type AuthenticationCreds,
  areJidsSameUser,
  type MessageUserReceiptUpdate,
} from '@whiskeysockets/baileys'

/**
 * Receipts of a group's members, without our own phone's: that it has its copy of what was sent here, Baileys takes
 * for a reading.
 */
export function receiptsOfOthers(
  receipts: MessageUserReceiptUpdate[],
  { me }: Pick<AuthenticationCreds, 'me'>,
): MessageUserReceiptUpdate[] {
  const isOwn = (jid: string | null | undefined) =>
    [me?.id, me?.lid].some((own) => own !== undefined && areJidsSameUser(jid ?? undefined, own))
  return receipts.filter(({ receipt }) => !isOwn(receipt.userJid))
}
