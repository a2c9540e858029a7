/** How sure we are that the real platform behaves so, and where we have it from. */
export interface Fidelity {
  readonly fidelity: 'documented' | 'observed' | 'assumed'
  readonly source: string
}

/** A published page or table says so. */
export const documented = (source: string): Fidelity => ({ fidelity: 'documented', source })
/** It was seen: in logged traffic, or in what an official SDK sends or expects. */
export const observed = (source: string): Fidelity => ({ fidelity: 'observed', source })
/** Nobody has seen it; the source says why we chose it. */
export const assumed = (source: string): Fidelity => ({ fidelity: 'assumed', source })

/**
 * Something that the gateway does by default, in one sentence. Declared beside the code that does it,
 * gathered in the fidelity ledger.
 */
export interface Behaviour extends Fidelity {
  readonly name: string
}
