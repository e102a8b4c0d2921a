import assert from 'node:assert/strict';

/** The part of JSON Schema that docs use. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  /** A schema is that of every property which `properties` does not name. */
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly format?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The first block of JSON in a page that is a schema. */
export function schemaIn(markdown: string): Schema {
  for (const [, block = ''] of markdown.matchAll(/```json\n(.*?)\n```/gs)) {
    if (block.includes('"$schema"')) return JSON.parse(block) as Schema;
  }
  return assert.fail('the page has no schema');
}

/** Fails unless the value is as the schema says. */
export function checkSchema(schema: Schema, value: unknown, place = '$'): void {
  const known = ['$schema', 'title', 'description', 'type', 'enum', 'required', 'properties', 'additionalProperties'];
  for (const word of Object.keys(schema)) {
    assert.ok(
      [...known, 'items', 'format', 'minimum', 'maximum'].includes(word),
      `${place}: the test does not know "${word}"`,
    );
  }
  if (schema.type !== undefined)
    assert.ok([schema.type].flat().includes(typeOf(value)), `${place} is ${typeOf(value)}`);
  if (schema.enum !== undefined) assert.ok(schema.enum.includes(value), `${place} is ${JSON.stringify(value)}`);
  if (typeof value === 'number') {
    assert.ok(value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity), `${place} is ${value}`);
  }
  if (schema.format === 'date-time' && typeof value === 'string') assert.ok(!Number.isNaN(Date.parse(value)), place);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    if (schema.items !== undefined)
      for (const [at, item] of value.entries()) checkSchema(schema.items, item, `${place}[${at}]`);
    return;
  }
  const fields = value as Record<string, unknown>;
  for (const name of schema.required ?? []) assert.ok(name in fields, `${place}.${name} is missing`);
  for (const [name, field] of Object.entries(fields)) {
    const { additionalProperties: others } = schema;
    const inner = schema.properties?.[name] ?? (typeof others === 'object' ? others : undefined);
    if (inner !== undefined) checkSchema(inner, field, `${place}.${name}`);
    else assert.notEqual(others, false, `${place}.${name} is not in the schema`);
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}
