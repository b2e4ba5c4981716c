/** A command of the house: options that cannot be and questions for help are answered alike. */

export interface Command<Options> {
  readonly usage: string;
  /** Throws for options that cannot be, and says so; gives nothing if only help is wanted. */
  read(): Options | undefined;
  /** Gives the exit code. */
  run(options: Options): Promise<number>;
}

/** Gives the exit code: that of `run`, 0 after help, 2 for options that cannot be. */
export async function runCommand<Options>(command: Command<Options>): Promise<number> {
  let options: Options | undefined;
  try {
    options = command.read();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${problem}\n\n${command.usage}`);
    return 2;
  }
  if (options !== undefined) return await command.run(options);
  process.stdout.write(command.usage);
  return 0;
}
