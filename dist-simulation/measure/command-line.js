/** A command of the house: options that cannot be and questions for help are answered alike. */
/** Gives the exit code: that of `run`, 0 after help, 2 for options that cannot be. */
export async function runCommand(command) {
    let options;
    try {
        options = command.read();
    }
    catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${problem}\n\n${command.usage}`);
        return 2;
    }
    if (options !== undefined)
        return await command.run(options);
    process.stdout.write(command.usage);
    return 0;
}
//# sourceMappingURL=command-line.js.map