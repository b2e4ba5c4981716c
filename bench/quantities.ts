/** Times, sizes and counts as people write them. */

export function asTime(seconds: number): string {
  if (seconds < 1e-6) return `${threeDigits(seconds * 1e9)} ns`;
  if (seconds < 1e-3) return `${threeDigits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${threeDigits(seconds * 1e3)} ms` : `${threeDigits(seconds)} s`;
}

/** By powers of 1,024. */
export function asSize(bytes: number): string {
  if (bytes < 1024) return `${threeDigits(bytes)} B`;
  if (bytes < 1024 ** 2) return `${threeDigits(bytes / 1024)} KiB`;
  return `${threeDigits(bytes / 1024 ** 2)} MiB`;
}

export function asBytes(bytes: number): string {
  if (bytes < 1000) return `${threeDigits(bytes)} B`;
  return bytes < 1e6 ? `${threeDigits(bytes / 1000)} kB` : `${threeDigits(bytes / 1e6)} MB`;
}

export function asCount(count: number): string {
  if (count < 1000) return threeDigits(count);
  return count < 1e6 ? `${threeDigits(count / 1e3)}k` : `${threeDigits(count / 1e6)}M`;
}

/** No more digits than are the same in the next run. */
export function threeDigits(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 4 });
}
