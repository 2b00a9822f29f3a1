/** What one run of the proof does, and what it demands. */
export interface CampaignPlan {
  messages: number
  /** Those of them that the API's route accepts. */
  routed: number
  /** The campaign's instance: messages a minute. */
  perMinute: number
  /** How long its pace is measured. */
  windowMs: number
  /** Messages of the other instances meanwhile. */
  probes: number
  /** How far the campaign may be from its pace, as a share. */
  tolerance: number
  /** How long a message of another instance may take. */
  withinMs: number
  /** Milliseconds since 1970: the proof fails when it is not through by then. */
  deadline: number
}

/** Milliseconds since 1970. */
export interface Span {
  from: number
  to: number
}
