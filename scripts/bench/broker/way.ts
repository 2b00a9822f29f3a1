/** One way to send texts: an account of its own, linked and connected. */
export interface Way {
  /** Sends a text to a phone (digits); resolves when WhatsApp has acknowledged it. */
  send(phone: string, text: string): Promise<void>
  close(): Promise<void>
}
