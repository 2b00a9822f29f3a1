import type { When } from './columns.ts'

export interface ConsentTable {
  tenant_id: string
  id: string
  contact_id: string
  purpose: 'service' | 'marketing'
  status: 'granted' | 'denied'
  source: string
  at: When
}
