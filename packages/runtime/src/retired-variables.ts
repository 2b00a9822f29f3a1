/** Of earlier services: set in many environments, and without any effect here. */
const RETIRED = /^(WHATSAPP_MODE|WHATSAPP_SESSION_STORE_.+)$/

/** Which variables somebody set who expects something of them that they do not do. */
export const findRetired = (env: NodeJS.ProcessEnv): string[] =>
  Object.keys(env).filter((name) => RETIRED.test(name))
