import { Problem } from '@carteiro/contracts/problem'
import type { Device } from '../server/device.ts'
import type { Fault, FaultOf, FaultTarget, FaultType } from './fault.ts'

/** A fault that waits for its occasion, or lasts until it is ended. */
export interface ArmedFault {
  id: string
  fault: Fault
  target: FaultTarget
  /** How often it will still happen; null for what lasts until it is ended. */
  left: number | null
}

/** Faults that wait for their occasion. */
export interface Armory {
  /** @throws Problem QUEUE_FULL */
  arm(fault: Fault, target: FaultTarget, left: number | null): ArmedFault
  /** The oldest fault of this type that is meant for this device; it happens once less from here on. */
  spend<Type extends FaultType>(type: Type, device: Device, asked?: Asked<Type>): FaultOf<Type> | undefined
  /** All faults of this type that are meant for this device; for every device when none is named. */
  lasting<Type extends FaultType>(type: Type, device?: Device): FaultOf<Type>[]
  list(): ArmedFault[]
  /** @returns false when there is none */
  end(id: string): boolean
  endAll(): void
}

/** Whether a fault fits an occasion. */
export type Asked<Type extends FaultType> = (fault: FaultOf<Type>) => boolean

/** @param limit faults that may wait */
export function createArmory(limit: number): Armory {
  const armed = new Map<string, ArmedFault>()
  let count = 0

  return {
    arm(fault, target, left) {
      if (armed.size >= limit) {
        throw new Problem('QUEUE_FULL', `${limit} faults are waiting; end some with DELETE /faults.`)
      }
      const entry = { id: `fault-${++count}`, fault, target, left }
      armed.set(entry.id, entry)
      return { ...entry }
    },
    spend(type, device, asked = () => true) {
      for (const entry of armed.values()) {
        const { fault, target } = entry
        if (!isOf(fault, type) || !isMeant(target, device) || !asked(fault)) continue
        if (entry.left !== null) entry.left -= 1
        if (entry.left === 0) armed.delete(entry.id)
        return fault
      }
      return undefined
    },
    lasting: (type, device) =>
      [...armed.values()].flatMap(({ fault, target }) =>
        isOf(fault, type) && (device === undefined || isMeant(target, device)) ? [fault] : [],
      ),
    list: () => [...armed.values()].map((entry) => ({ ...entry })),
    end: (id) => armed.delete(id),
    endAll: () => armed.clear(),
  }
}

/** Whether a device is one that a fault is for. */
export function isMeant(target: FaultTarget, { person, number }: Device): boolean {
  const { phone = person.phone, device = number } = target
  return phone === person.phone && device === number
}

function isOf<Type extends FaultType>(fault: Fault, type: Type): fault is FaultOf<Type> {
  return fault.type === type
}
