/** An element of the page: one that is not there is a mistake in the page, and nothing that a program could go on from. */
export const element = <E extends HTMLElement>(id: string, type: new() => E): E => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return found
}
