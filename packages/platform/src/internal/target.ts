/** Of a target in origin form: without the query. */
export const pathOf = (target: string): string => target.split("?", 1)[0] ?? ""
