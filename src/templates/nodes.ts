// What a template is made of once it is read.

export interface TextNode {
  readonly kind: 'text';
  readonly offset: number;
  readonly text: string;
}
export interface ActionNode {
  readonly kind: 'action';
  readonly offset: number;
  readonly pipe: Pipeline;
}
export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly offset: number;
  readonly pipe: Pipeline;
  readonly then: readonly Node[];
  readonly otherwise: readonly Node[];
}
export interface JumpNode {
  readonly kind: 'break' | 'continue';
  readonly offset: number;
}
export interface TemplateNode {
  readonly kind: 'template';
  readonly offset: number;
  readonly name: string;
  readonly pipe: Pipeline | null;
}
export type Node = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

export interface Pipeline {
  readonly kind: 'pipeline';
  readonly offset: number;
  readonly variables: readonly string[];
  /** `=` and not `:=` */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}
export interface Command {
  readonly offset: number;
  readonly operands: readonly [Operand, ...Operand[]];
}

export interface NumberNode {
  readonly kind: 'number';
  readonly offset: number;
  readonly text: string;
  /** as an int, where it is whole */
  readonly int: bigint | null;
  readonly float: number;
}
export type Operand =
  | { readonly kind: 'dot' | 'nil'; readonly offset: number }
  | { readonly kind: 'boolean'; readonly offset: number; readonly value: boolean }
  | { readonly kind: 'string'; readonly offset: number; readonly value: string }
  | NumberNode
  | { readonly kind: 'field'; readonly offset: number; readonly names: readonly string[] }
  | {
      readonly kind: 'variable';
      readonly offset: number;
      readonly name: string;
      readonly names: readonly string[];
    }
  | { readonly kind: 'function'; readonly offset: number; readonly name: string }
  | { readonly kind: 'chain'; readonly offset: number; readonly of: Operand; readonly names: readonly string[] }
  | Pipeline;

/** One `define`, or the text outside of them. */
export interface Body {
  readonly name: string;
  readonly nodes: readonly Node[];
}
/** A `template "x"` and where it stands. */
export interface Reference {
  readonly name: string;
  readonly offset: number;
}
export interface Parsed {
  readonly main: Body;
  readonly defined: readonly Body[];
  readonly references: readonly Reference[];
}
