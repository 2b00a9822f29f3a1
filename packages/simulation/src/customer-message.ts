/** What a customer wrote to an account, as it waits for the account's device to take it. */
export interface CustomerMessage {
  id: string
  /** The customer's phone, digits. */
  from: string
  text: string
  pushName: string
  /** Epoch seconds: a message that waits keeps the time at which it was written. */
  writtenAtSeconds: number
}
