/** Short claims, so that a dead worker's messages are seen to go on within the run; a call is shorter still. */
export const WORKER_ENV = {
  WHATSAPP_BROKER_TIMEOUT_MS: '4000',
  OUTBOX_CLAIM_SECONDS: '5',
  OUTBOX_SWEEP_SECONDS: '1',
  OUTBOX_RETRY_MINUTES: '0,0.02,0.02,0.05,0.05,0.1,0.1,0.1,0.2,0.2',
}
