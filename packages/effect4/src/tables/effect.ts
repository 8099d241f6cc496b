/**
 * The modules of `effect`.
 */
import ts from "typescript"
import type { Call, Rewrite, Table } from "../Table.js"
import { called, from, itself, propertiesOf, typed, withMore } from "./rewrites.js"
import { inEffect } from "./tests.js"

/** Effect 3 starts a fiber in a microtask, Effect 4 in a turn of its own, unless it is told. */
const now = "{ startImmediately: true }"

/** A type that is an array, or a value that is. */
const array: Rewrite = { type: ({ types }) => `ReadonlyArray<${types.join(", ")}>` }

/** `Fail` and `Die` reasons, of a cause that is flat. */
const reasons = (guard: string, of: string): Rewrite =>
  from((cause, use) => `${cause}.reasons.filter(${use.at(`effect/Cause#${guard}`)}).map(({ ${of} }) => ${of})`)

/** One schema behind the other, with this in between. */
const decodeTo = (transformation: string): Rewrite => ({
  call: ({ args: [from = "", to = "", by = ""], at }) =>
    `${from}.pipe(${at("effect/Schema#decodeTo")}(${to}, ${
      at(`effect/SchemaTransformation#${transformation}`)
    }(${by})))`
})

export const effect: Table = {
  "effect/Array": {
    kept: "NonEmptyReadonlyArray",
    names: { isNonEmptyReadonlyArray: "isReadonlyArrayNonEmpty" }
  },
  "effect/Cause": {
    kept: "Cause die empty fail squash",
    names: {
      // It always shows the causes of errors.
      pretty: { call: ({ args: [cause = ""], at }) => `${at("effect/Cause#pretty")}(${cause})`, to: "pretty" },
      defects: reasons("isDieReason", "defect"),
      failureOption: "findErrorOption",
      failures: reasons("isFailReason", "error"),
      interrupt: {
        // Of an author that is an annotation: those of Effect 4 are numbers, and annotations.
        call: ({ args: [by = "undefined"], at }) =>
          by === "undefined"
            ? `${at("effect/Cause#interrupt")}()`
            : `${at("effect/Cause#annotate")}(${at("effect/Cause#interrupt")}(), ${by})`,
        to: "interrupt"
      },
      isDie: "hasDies",
      isEmpty: from((cause) => `(${cause}.reasons.length === 0)`),
      isEmptyType: from((cause) => `(${cause}.reasons.length === 0)`),
      isInterrupted: "hasInterrupts",
      isInterruptedOnly: "hasInterruptsOnly",
      match: { call: causeMatch },
      parallel: "combine",
      sequential: "combine"
    }
  },
  "effect/Chunk": {
    names: {
      findFirst: "effect/Array#findFirst",
      join: "effect/Array#join",
      Chunk: array,
      make: { call: ({ args }) => `[${args.join(", ")}]` },
      of: { call: ({ args }) => `[${args.join(", ")}]` },
      toReadonlyArray: itself,
      unsafeFromArray: itself
    }
  },
  "effect/Clock": { kept: "Clock currentTimeMillis currentTimeNanos" },
  "effect/Config": {
    kept: "all Config succeed unwrap",
    names: { "Config.Wrap": "Wrap", integer: "Int", redacted: "Redacted" }
  },
  "effect/ConfigError": { names: { ConfigError: "effect/Config#ConfigError" } },
  "effect/Console": { kept: "error log" },
  "effect/Context": {
    kept: "Context empty get merge omit",
    names: {
      Tag: {
        curried: ({ args, at, next }) =>
          `${at("effect/Context#Service")}${typed(next?.types ?? [])}()(${args.join(", ")})`
      },
      "Tag.Service": { type: ({ types: [type = ""] }) => `${type.replace(/^typeof /, "")}["Service"]` }
    }
  },
  "effect/Data": {
    kept: "TaggedEnum TaggedEnum.Constructor TaggedError taggedEnum",
    names: { struct: itself }
  },
  "effect/DateTime": {
    kept: "Utc addDuration formatIso now toEpochMillis",
    names: {
      unsafeMake: "effect/DateTime#makeUnsafe",
      distance: {
        call: ({ args, at }) =>
          `${at("effect/Duration#toMillis")}(${at("effect/DateTime#distance")}(${args.join(", ")}))`
      }
    }
  },
  "effect/Deferred": {
    kept: "await Deferred make succeed",
    names: {
      unsafeDone: "doneUnsafe",
      unsafeMake: { call: (use) => `${use.at("effect/Deferred#makeUnsafe")}${typed(use.types)}()` }
    }
  },
  "effect/Duration": {
    kept: "Duration format infinity isDuration isFinite max millis minutes nanos seconds toMillis toSeconds zero",
    names: {
      DurationInput: "Input",
      decode: "fromInputUnsafe",
      decodeUnknown: {
        // It asks for what can be one, and judges whatever it gets.
        call: ({ args: [value = ""], at }) =>
          `${at("effect/Duration#fromInput")}(${value} as ${at("effect/Duration#Input")})`
      },
      greaterThanOrEqualTo: "isGreaterThanOrEqualTo",
      lessThanOrEqualTo: "isLessThanOrEqualTo"
    }
  },
  "effect/Effect": {
    kept: `acquireRelease acquireUseRelease addFinalizer all annotateLogs as asVoid catchIf catchTag clockWith context
      currentSpan delay die Effect ensuring exit fail failCause flatMap flatten flip forEach ignore interrupt
      interruptible isEffect log logDebug logError logInfo logWarning map mapError match matchEffect never onError
      onExit onInterrupt orDie promise provide provideService raceFirst repeat replicateEffect retry runFork
      runPromise runSync scope scoped scopedWith serviceOption sleep succeed succeedNone succeedSome suspend sync tap
      tapError timed timeout timeoutOption tracer try tryPromise uninterruptible uninterruptibleMask void whileLoop
      withSpan withTracer zip zipWith`,
    names: {
      "Effect.Success": "Success",
      "Effect.Error": "Error",
      "Effect.Context": "Services",
      async: "callback",
      catchAll: "catch",
      catchAllCause: "catchCause",
      clock: {
        value: (use) => `${use.at("effect/Effect#clockWith")}(${use.at("effect/Effect#succeed")})`
      },
      dieSync: from((make, { at }) => `${at("effect/Effect#suspend")}(() => ${at("effect/Effect#die")}(${make}()))`),
      disconnect: from(disconnected),
      gen: {
        call: ({ args: [first = "", second], at }) =>
          `${at("effect/Effect#gen")}(${second === undefined ? first : `{ self: ${first} }, ${second}`})`
      },
      either: "result",
      forever: withMore("effect/Effect#forever", "{ disableYield: true }"),
      fork: withMore("effect/Effect#forkChild", now),
      forkDaemon: withMore("effect/Effect#forkDetach", now),
      forkIn: withMore("effect/Effect#forkIn", now),
      forkScoped: withMore("effect/Effect#forkScoped", now),
      mapInputContext: "updateContext",
      runtime: "context",
      timeoutFail: { call: timeoutFail },
      unsafeMakeLatch: "effect/Latch#makeUnsafe",
      unsafeMakeSemaphore: "effect/Semaphore#makeUnsafe",
      withFiberRuntime: "withFiber",
      zipLeft: {
        call: (use) => {
          const [self, that] = use.args
          if (self === undefined) return use.refuse("it wants arguments")
          return that === undefined
            ? `${use.at("effect/Effect#tap")}(() => ${self})`
            : `${use.at("effect/Effect#tap")}(${self}, () => ${that})`
        }
      },
      zipRight: "andThen",
      ...inEffect
    }
  },
  "effect/Effectable": { kept: "Class" },
  "effect/Either": {
    to: "effect/Result",
    kept: "flatMap flip getOrThrow map match",
    names: { Either: "Result", isLeft: "isFailure", isRight: "isSuccess", right: "succeed", left: "fail" }
  },
  "effect/Exit": {
    kept: "Exit die fail isExit isFailure isSuccess match succeed void",
    names: {
      isInterrupted: "hasInterrupts",
      flatten: from((exit, { at }) =>
        `(${at("effect/Exit#isSuccess")}(${exit}) ? ${exit}.value : ${at("effect/Exit#failCause")}(${exit}.cause))`
      ),
      interrupt: { call: (use) => `${use.at("effect/Exit#interrupt")}()` },
      zipLeft: {
        call: ({ args: [first = "", second = ""], at }) => {
          const isFailure = at("effect/Exit#isFailure")
          return `${isFailure}(${first}) ? ${first} : ${isFailure}(${second}) ? ${second} : ${first}`
        }
      }
    }
  },
  "effect/Fiber": {
    kept: "Fiber await interrupt interruptAll join joinAll",
    names: {
      RuntimeFiber: "Fiber",
      poll: from((fiber, { at }) =>
        `${at("effect/Effect#sync")}(() => ${at("effect/Option#fromNullishOr")}(${fiber}.pollUnsafe()))`
      ),
      interruptFork: from((fiber, { at }) => `${at("effect/Effect#sync")}(() => ${fiber}.interruptUnsafe())`)
    }
  },
  "effect/FiberId": {
    names: { none: { value: () => "undefined" } }
  },
  "effect/FiberSet": { kept: "makeRuntime" },
  "effect/Inspectable": {
    kept: "NodeInspectSymbol",
    names: { format: "effect/Formatter#format" }
  },
  "effect/Layer": {
    kept:
      "Layer build buildWithScope effect effectDiscard launch merge mergeAll provide provideMerge succeed succeedContext",
    names: {
      scoped: "effect",
      scopedContext: "effectContext",
      setConfigProvider: "effect/ConfigProvider#layer",
      setTracer: from((tracer, { at }) => `${at("effect/Layer#succeed")}(${at("effect/Tracer#Tracer")}, ${tracer})`),
      unwrapEffect: "unwrap",
      unwrapScoped: "unwrap",
      scopedDiscard: "effectDiscard"
    }
  },
  "effect/Metric": {
    kept: "counter gauge value",
    names: {
      Metric: {
        type: ({ at, types: [, ...io] }) => `${at("effect/Metric#Metric")}${typed(io)}`
      },
      "Metric.Counter": "Counter",
      histogram: {
        call: ({ args: [name = "", boundaries = "", description], at }) =>
          `${at("effect/Metric#histogram")}(${name}, { ${
            description === undefined ? "" : `description: ${description}, `
          }boundaries: ${boundaries} })`
      },
      tagged: {
        call: ({ args: [metric = "", key = "", value = ""], at }) =>
          `${at("effect/Metric#withAttributes")}(${metric}, { [${key}]: ${value} })`
      }
    }
  },
  "effect/MetricBoundaries": { names: { fromIterable: itself } },
  "effect/Option": {
    kept: `Option exists flatMap getOrElse getOrNull getOrThrow getOrUndefined isNone isSome map match none some`,
    names: { fromNullable: "fromNullishOr" }
  },
  "effect/ParseResult": {
    names: { ParseError: "effect/Schema#SchemaError", ParseIssue: "effect/SchemaIssue#Issue" }
  },
  "effect/Predicate": {
    kept: "isPromiseLike isTagged",
    names: { isObject: "isObjectKeyword", isRecord: "isObject" }
  },
  "effect/PubSub": { kept: "publish unbounded" },
  "effect/Random": { kept: "nextIntBetween" },
  "effect/RcRef": { kept: "RcRef get make" },
  "effect/Redacted": { kept: "Redacted isRedacted make value" },
  "effect/Runtime": {
    names: {
      Runtime: "effect/Context#Context",
      enableRuntimeFlag: { call: ({ args: [runtime = ""] }) => runtime },
      provideService: "effect/Context#add",
      defaultRuntime: { value: ({ at }) => `${at("effect/Context#empty")}()` },
      runFork: "effect/Effect#runForkWith",
      runSync: "effect/Effect#runSyncWith"
    }
  },
  "effect/RuntimeFlags": {
    names: { Interruption: { value: () => "undefined" } }
  },
  "effect/Schedule": {
    kept: "exponential forever passthrough recurs spaced",
    names: {
      // It may fail in Effect 4: its errors stand before what it needs.
      Schedule: {
        type: ({ at, types: [out = "unknown", input, services] }) =>
          `${at("effect/Schedule#Schedule")}${
            typed([
              out,
              ...(input === undefined ? [] : [input]),
              ...(services === undefined ? [] : ["never", services])
            ])
          }`
      },
      addDelay: {
        call: ({ args: [self = "", f = ""], at, nodes: [, given] }) => {
          const [of, output] = given !== undefined && ts.isArrowFunction(given) && given.parameters.length === 0
            ? ["()", ""]
            : ["({ output })", "output"]
          return `${at("effect/Schedule#addDelay")}(${self}, ${of} => ${
            at("effect/Effect#succeed")
          }((${f})(${output})))`
        }
      },
      jitteredWith: {
        call: ({ args: [self = "", range = ""], at, nodes: [, options], refuse, text }) => {
          const [min, max] = propertiesOf(options, ["min", "max"], text)
          if (min === undefined || max === undefined) return refuse(`it wants a range as a literal, not ${range}`)
          return `${at("effect/Schedule#modifyDelay")}(${self}, ({ duration }) =>
  ${at("effect/Effect#map")}(${at("effect/Random#nextBetween")}(${min}, ${max}), (share) => ${
            at("effect/Duration#times")
          }(duration, share)))`
        }
      },
      modifyDelayEffect: {
        call: ({ args: [self = "", f = ""], at }) =>
          `${at("effect/Schedule#modifyDelay")}(${self}, ({ duration, output }) => (${f})(output, duration))`
      }
    }
  },
  "effect/Schema": {
    kept:
      "Array Boolean Class DateFromString encodeSync Int Number NumberFromString optional String TaggedStruct Struct Void",
    names: {
      Schema: {
        type: ({ at, types: [type, encoded = type, services] }) =>
          `${at("effect/Schema#Codec")}${
            typed([type ?? "any", encoded ?? "any", ...(services === undefined ? [] : [services, services])])
          }`
      },
      decodeUnknown: "decodeUnknownEffect",
      decodeUnknownEither: "decodeUnknownResult",
      decodeUnknownOption: "decodeUnknownOption",
      Tuple: { call: ({ args, at }) => `${at("effect/Schema#Tuple")}([${args.join(", ")}])` },
      Union: { call: ({ args, at }) => `${at("effect/Schema#Union")}([${args.join(", ")}])` },
      parseJson: "fromJsonString",
      transform: decodeTo("transform"),
      transformOrFail: decodeTo("transformEffect"),
      encode: "encodeEffect"
    }
  },
  "effect/Scope": {
    kept: "Scope close make",
    names: { CloseableScope: "Closeable", extend: "provide" }
  },
  "effect/Sink": { kept: "Sink forEach" },
  "effect/Stream": {
    kept:
      `changes concat die empty ensuring fail flatMap forever fromAsyncIterable fromEffect fromIterable fromIterableEffect fromQueue
      make map mapEffect mkString never flattenTake range rechunk run runCollect runCount runDrain runForEach runHead runSum Stream suspend
      take takeUntil tap`,
    names: {
      catchAll: "catch",
      fromPubSub: {
        call: ({ args: [hub = "", options], at }) =>
          options === undefined
            ? `${at("effect/Stream#fromPubSub")}(${hub})`
            // In a scope, it subscribes before it is run.
            : `${at("effect/Effect#map")}(${at("effect/PubSub#subscribe")}(${hub}), ${
              at("effect/Stream#fromSubscription")
            })`
      },
      mapChunks: "mapArray",
      mapChunksEffect: "mapArrayEffect",
      orElse: "catch",
      repeatValue: from((value, { at }) => `${at("effect/Stream#forever")}(${at("effect/Stream#succeed")}(${value}))`),
      runFold: {
        call: ({ args: [self, initial, f], at }) =>
          f === undefined
            ? `${at("effect/Stream#runFold")}(() => ${self}, ${initial})`
            : `${at("effect/Stream#runFold")}(${self}, () => ${initial}, ${f})`
      },
      runForEachChunk: "runForEachArray",
      unfoldEffect: {
        call: ({ args: [state = "", step = ""], at, types: [s, a, e = "never", r = "never"] }) => {
          const [map, getOrUndefined] = [at("effect/Effect#map"), at("effect/Option#getOrUndefined")]
          // What its type arguments say of the step's result is said there, where it is asked for now.
          const [given, its] = s === undefined ? ["", ""] : [
            typed([s, a ?? "never", e, r]),
            ` satisfies (state: ${s}) => ${at("effect/Effect#Effect")}<${
              at("effect/Option#Option")
            }<readonly [${a}, ${s}]>, ${e}, ${r}>`
          ]
          return `${
            at("effect/Stream#unfold")
          }${given}(${state}, (state) => ${map}(((${step})${its})(state), ${getOrUndefined}))`
        }
      }
    }
  },
  "effect/SubscriptionRef": { kept: "SubscriptionRef get make set" },
  "effect/Take": {
    kept: "Take",
    names: {
      end: { value: ({ at }) => at("effect/Exit#void") },
      fail: "effect/Exit#fail",
      of: { call: ({ args: [value = ""] }) => `[${value}]` }
    }
  },
  "effect/Tracer": {
    kept: "ParentSpan Span Tracer",
    names: {
      make: {
        call: ({ at, nodes: [tracer], refuse, text }) => {
          const [span] = propertiesOf(tracer, ["span"], text)
          if (span === undefined) return refuse("it wants a span, as a function that is written out")
          const given = tracer !== undefined && ts.isObjectLiteralExpression(tracer) && /^\w+$/.test(span)
            ? span
            : `({ annotations, kind, links, name, parent, startTime }) =>
      (${span})(name, parent, annotations, links, startTime, kind)`
          return `${at("effect/Tracer#make")}({
    span: ${given}
  })`
        }
      }
    }
  }
}

/** A fiber of its own that is interrupted with its waiter, and not waited for. */
function disconnected(effect: string, { at }: { readonly at: (place: string) => string }): string {
  return `${at("effect/Effect#flatMap")}(${at("effect/Effect#forkDetach")}(${effect}, ${now}), (fiber) => ${
    at("effect/Effect#onInterrupt")
  }(${at("effect/Fiber#join")}(fiber), () => ${at("effect/Effect#sync")}(() => fiber.interruptUnsafe())))`
}

function timeoutFail(use: Parameters<NonNullable<Rewrite["call"]>>[0]): string {
  const [self, options] = use.nodes.length === 1 ? [undefined, use.args[0]] : use.args
  const orElse = options?.replace(
    /\bonTimeout: \(\) => ([\s\S]*?)(,?\s*\})$/,
    (_, error: string, end: string) => `orElse: () => ${use.at("effect/Effect#fail")}(${error})${end}`
  )
  if (orElse === undefined || orElse === options) return use.refuse("it wants options, onTimeout last")
  return called(use, "effect/Effect#timeoutOrElse", self === undefined ? [orElse] : [self, orElse])
}

/** A cause of Effect 4 is a list: what combines two is asked once, for all of them. */
function causeMatch({ args: [cause = ""], nodes: [, handlers], refuse, text }: Call): string {
  const [empty, fail, die, interrupt, both] = propertiesOf(
    handlers,
    ["onEmpty", "onFail", "onDie", "onInterrupt", "onParallel"],
    text
  )
  if ([empty, fail, die, interrupt, both].includes(undefined)) return refuse("it wants all handlers, as a literal")
  return `${cause}.reasons.map((reason) =>
    reason._tag === "Fail"
      ? (${fail})(reason.error)
      : reason._tag === "Die"
      ? (${die})(reason.defect)
      : (${interrupt})(reason.fiberId)
  ).reduce(${both}, ${empty})`
}
