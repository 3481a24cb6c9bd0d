// What is told about a conversion: stable codes with facts; the sentences are `cli.import.note.CODE` in config/messages.*.yaml.
import type { Facts } from '../model/reason.ts';

/** `check`: carried over on an assumption that a person has to confirm. */
export type Effect = 'carried' | 'changed' | 'check' | 'left';

/** Each code with its one effect. */
export const noteEffects = {
  Carried: 'carried',

  DryRun: 'changed',
  BoundsGradual: 'changed',
  ServerOfTheDaemon: 'changed',
  DefaultRates: 'changed',
  DefaultMetric: 'changed',
  DefaultMax: 'changed',
  MetricRenamed: 'changed',
  PolicyRenamed: 'changed',
  ZeroOptIn: 'changed',
  NothingWakes: 'changed',
  HoldOnEmpty: 'changed',
  EmptyIsZero: 'changed',
  FallbackIsATime: 'changed',
  FallbackClamped: 'changed',
  CronClamped: 'changed',
  OutsideWindows: 'changed',

  QueryGuessed: 'check',
  SeveralServers: 'check',
  AnnotationOnTarget: 'check',

  OtherKind: 'left',
  OtherVerb: 'left',
  JobScaling: 'left',
  OwnedByKeda: 'left',
  NotAnObject: 'left',
  TargetMissing: 'left',
  NameInvalid: 'left',
  MaxMissing: 'left',
  MinAboveMax: 'left',
  IdleNotBelowMin: 'left',
  IdleNotZero: 'left',
  AlreadyClaimed: 'left',
  NothingDecides: 'left',
  FieldLeft: 'left',
  FieldInvalid: 'left',
  MetricTypeUnknown: 'left',
  ResourceUnknown: 'left',
  TargetUnusable: 'left',
  TriggerUnknown: 'left',
  TriggerInvalid: 'left',
  FormulaLeft: 'left',
  PollingOfTheDaemon: 'left',
  FallbackLeft: 'left',
  AuthenticationOfTheDaemon: 'left',
  AnswerUnused: 'left',
} as const satisfies Record<string, Effect>;
export type NoteCode = keyof typeof noteEffects;

/** What was converted: as `kubectl` names it. */
export interface Origin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Note {
  /** null: about all that was read */
  readonly object: Origin | null;
  readonly effect: Effect;
  readonly code: NoteCode;
  readonly facts: Facts;
  /** the metric of the policy that the note stands above */
  readonly metric?: string;
}

/** Gathers the notes of one object. */
export interface Notebook {
  readonly notes: readonly Note[];
  readonly write: (code: NoteCode, facts?: Facts, metric?: string) => void;
}

export function notebook(object: Origin | null): Notebook {
  const notes: Note[] = [];
  return {
    notes,
    write: (code, facts = {}, metric) => {
      const note: Note = { object, effect: noteEffects[code], code, facts };
      notes.push(metric === undefined ? note : { ...note, metric });
    },
  };
}
