/** A type of @kubernetes/client-node as it is on the wire: its `Date`s are RFC 3339 strings in JSON. */
export type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;
