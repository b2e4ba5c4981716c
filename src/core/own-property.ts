/**
 * Sets an own property, whatever the object inherits under that key: `__proto__`, a name that
 * somebody has given `Object.prototype`, the getters of a `DOMException`.
 */
export function setOwn(object: object, key: string | number, value: unknown): void {
  if (key in object) {
    Object.defineProperty(object, key, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  } else {
    (object as Record<string | number, unknown>)[key] = value;
  }
}
