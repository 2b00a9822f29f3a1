/** Copies that a person's export leaves out, and how long they are kept. */
export const ELSEWHERE = [
  {
    where: 'event log',
    holds: 'copies of messages, tickets and contacts as they changed',
    kept: 'RETENTION_DAYS_EVENTS',
  },
  {
    where: 'audit trail',
    holds: 'who did what with which contact, ticket or message, by id; no content',
    kept: 'RETENTION_DAYS_AUDIT',
  },
  {
    where: 'broker: journal',
    holds: 'events as WhatsApp told them',
    kept: 'RETENTION_DAYS_JOURNAL after they were told to the API',
  },
  {
    where: 'broker: opened messages, send ledger',
    holds: 'content that came in or went out, sealed',
    kept: 'RETENTION_DAYS_JOURNAL; sends 7 days',
  },
  {
    where: 'broker: numbers that WhatsApp was asked about',
    holds: 'the number and whether it is on WhatsApp',
    kept: '7 days',
  },
  {
    where: 'broker: session',
    holds: 'Signal keys, by number or LID, sealed',
    kept: 'until the phone is linked anew or the person is erased',
  },
  { where: 'backups', holds: 'all of this', kept: 'as long as you keep them' },
]
