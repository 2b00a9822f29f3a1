/** Why a client's connection cannot go on, in a sentence for the log. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
