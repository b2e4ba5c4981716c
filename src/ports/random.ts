/** Chance, as a node sees it. */
export interface Random {
  /** A number from 0 up to, not including, 1: for jitter and for spreading load. */
  fraction(): number;
  /** 64 bits as 16 hexadecimal digits, which nobody could have foreseen: for incarnations. */
  epoch(): string;
}
