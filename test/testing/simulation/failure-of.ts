import {
  type SimulateOptions,
  type SimulationBody,
  SimulationFailed,
  simulate,
} from "../../../src/testing/index.ts";

/** The error of a simulation that has to fail. */
export async function failureOf(
  options: SimulateOptions,
  body: SimulationBody,
): Promise<SimulationFailed> {
  try {
    await simulate(options, body);
  } catch (error) {
    if (error instanceof SimulationFailed) return error;
    throw error;
  }
  throw new Error("Expected the simulation to fail.");
}
