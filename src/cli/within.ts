// A number of the command line, and between which it must be.
import { InvalidArgumentError } from 'commander';

export const within =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`a number from ${least} to ${most}`);
  };
