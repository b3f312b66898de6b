"""The entries of the catalogue of errors, the more special ones first."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of error."""

    name: str
    patterns: tuple[str, ...]
    """Regular expressions; a message is of this kind where one of them is found in it. Their
    groups `name`, `model`, `wanted` and `found` are what is involved."""
    says: str
    """One such message, in its literal words."""
    means: str
    by_hand: str
    """What a person does where no rule helps."""


_VALUE = r"Expected a value of type '(?P<wanted>{})' for argument '(?P<name>[^']*)' "
_FOUND = r"but instead found type '(?P<found>{})'"

KINDS: tuple[Kind, ...] = (
    Kind(
        "internal-assert",
        (r"INTERNAL ASSERT FAILED", r"please report a bug to PyTorch"),
        "arg_types.size() == param_names.size() - (moduleSelf_ ? 1 : 0) INTERNAL ASSERT FAILED at "
        '"python_sugared_value.cpp":123, please report a bug to PyTorch.',
        "The compiler failed at one of its own assumptions: a bug of PyTorch that your code sets "
        "off. A method that is called through its class, or a static method that is given self, "
        "does it often.",
        "Cut the function down to the statement that sets it off, and write that another way: call "
        "methods on self, give local functions all they need as arguments.",
    ),
    Kind(
        "failed-before",
        (r"Can't redefine method",),
        "Can't redefine method: forward on class: __torch__.net.Block",
        "This class failed to compile before in the same process, and the compiler kept what it "
        "had made of it by then (pytorch#91504). The first error is the one that counts.",
        "Start Python again and look at the first error.",
    ),
    Kind(
        "varargs",
        (r"can't take variable number of arguments or use keyword-only arguments with defaults",),
        "Compiled functions can't take variable number of arguments or use keyword-only arguments "
        "with defaults",
        "A function on the way has *args, **kwargs, or a keyword-only argument with a default. "
        "TorchScript needs to know each argument by name and type.",
        "Write the arguments out that are really passed, and drop what is never used. Where a "
        "wrapper only passes them on, call what it wraps directly.",
    ),
    Kind(
        "keyword-expansion",
        (r"keyword-arg expansion is not supported", r"Dict expansion"),
        "keyword-arg expansion is not supported",
        "A call passes **kwargs on, or a dictionary is made from another by {**other}.",
        "Name the keywords at the call; build the dictionary entry by entry.",
    ),
    Kind(
        "getattr-dynamic",
        (
            r"(getattr|hasattr|setattr)'s (first|second) argument must be",
            r"ModuleDict indexing is only supported with string literals",
        ),
        "getattr's second argument must be a string literal",
        "An attribute or an entry of a ModuleDict is looked up by a name that is only known as the "
        "code runs.",
        "Where the names are always the same, write them out, or loop over the ModuleDict's items. "
        "Keep the attributes as they are, so that checkpoints still load.",
    ),
    Kind(
        "module-list-index",
        (r"Expected integer literal for index",),
        "Expected integer literal for index but got a variable or non-integer. "
        "ModuleList/Sequential indexing is only supported with integer literals.",
        "A ModuleList or Sequential is indexed by a variable. Its members have types of their own, "
        "so that the compiler must know which one is meant.",
        "Loop over the list itself (for layer in self.layers), over enumerate(self.layers), or over "
        "zip of several lists.",
    ),
    Kind(
        "module-list-in-step",
        (r"Can not iterate over a module list or tuple with a value",),
        "Can not iterate over a module list or tuple with a value that does not have a statically "
        "determinable length",
        "A loop over a ModuleList runs in step with something whose length the compiler cannot "
        "know, such as a list of Tensors. The loop over modules is unrolled, so all must be known.",
        "Loop over enumerate(self.layers) and index the other list; assert that the lengths agree, "
        "where zip would stop early.",
    ),
    Kind(
        "super-forward",
        (
            r"has no attribute or method '(?P<name>forward|__init__)'",
            r"'super' object has no attribute",
        ),
        "'Tensor' object has no attribute or method 'forward'.",
        "super().forward(x), or a method called through the class of a parent. TorchScript knows "
        "no inheritance: super() is no object to it.",
        "Give the parent's method a name of its own in this class and call that, or write its body "
        "where it is called.",
    ),
    Kind(
        "method-that-does-not-compile",
        (r"This function exists as an attribute on the Python module, but we failed to compile",),
        "Module 'Net' has no attribute 'act' (This function exists as an attribute on the Python "
        "module, but we failed to compile it to a TorchScript function.",
        "A function is held as an attribute, and does not compile by itself; the reason follows in "
        "the message.",
        "Mend that function first, or call it by its name instead of holding it.",
    ),
    Kind(
        "unconvertible-attribute",
        (
            r"Module '(?P<model>[^']*)' has no attribute '(?P<name>[^']*)' \(This attribute exists "
            r"on the Python module, but we failed to convert Python type: '(?P<found>[^']*)'",
            r"object in attribute '(?P<name>[^']*)' is not a valid constant",
            r"Expecting parameter or buffer to have either None, Tensor",
        ),
        "Module 'Net' has no attribute 'cfg' (This attribute exists on the Python module, but we "
        "failed to convert Python type: 'dict' to a TorchScript type.",
        "forward uses an attribute that is there, but is of a type that TorchScript does not have: "
        "a plain list of modules, a configuration object, a dictionary of mixed values, a set, a "
        "function of C, or an empty list that says nothing of its elements.",
        "Copy what is used of it into attributes of simple types in __init__; make a list of "
        "modules a ModuleList where no key of the state_dict changes by it; annotate what is empty "
        "in the class body.",
    ),
    Kind(
        "missing-attribute-conditional",
        (r"^Module '(?P<model>[^']*)' has no attribute '(?P<name>[^']*)'",),
        "Module 'Net' has no attribute 'downsample'",
        "forward uses an attribute that this instance does not have: it is defined on one branch "
        "of __init__ only, or comes from a property, a class attribute or __getattr__.",
        "Define it on every path of __init__ (None where it is not used), and test for None in "
        "forward. A flag that decides can be Final, so that the other branch is not compiled.",
    ),
    Kind(
        "attribute-born-in-forward",
        (r"Tried to set nonexistent attribute: (?P<name>\w+)",),
        "Tried to set nonexistent attribute: hidden. Did you forget to initialize it in __init__()?",
        "A method gives self an attribute that __init__ does not define.",
        "Define it in __init__ with its type, or make it a local variable where nothing reads it "
        "later.",
    ),
    Kind(
        "attribute-assignment",
        (
            r"Wrong type for attribute assignment\. Expected (?P<wanted>.+) but got (?P<found>.+)",
            r"Tried to set an attribute: (?P<name>\w+) on a non-class: (?P<found>\w+)",
            r"Type annotations on instance attributes must be declared in __init__",
        ),
        "Wrong type for attribute assignment. Expected int but got float",
        "An attribute of self has one type from __init__ on, and is now given another; or an "
        "attribute of a Tensor is set, as in x.data = y.",
        "Annotate the attribute in the class body with the type that holds both (Optional, float); "
        "use copy_ and requires_grad_ in the place of assignments to a Tensor's attributes.",
    ),
    Kind(
        "object-no-attribute",
        (r"'?(?P<found>.+?)'? object has no attribute or method '(?P<name>\w+)'",),
        "'Tensor' object has no attribute or method 'numpy'.",
        "The compiler knows the value's type, and that type has no such method in TorchScript. A "
        "value without annotation counts as a Tensor, whatever it is.",
        "Use the method that TorchScript has (x.to(dtype) for x.type(...), x.mT for x.T of a "
        "matrix, torch.zeros for x.new); where the value is no Tensor, annotate the argument or the "
        "attribute that it comes from.",
    ),
    Kind(
        "default-tensor",
        (
            r'Expected a default value of type (?P<wanted>.+?) on parameter "(?P<name>\w+)"',
            r"Mutable default parameters are not supported",
        ),
        'Expected a default value of type Tensor (inferred) on parameter "scale".',
        "A parameter without annotation counts as a Tensor, and its default is none.",
        "Annotate it with the type of what is really passed: scale: float = 1.0. A default of None "
        "makes it Optional.",
    ),
    Kind(
        "unsaved-none-default",
        (
            r"strides\(\) called on an undefined Tensor",
            r"Unsupported value kind: Tensor",
            r"Expected a proper Tensor but got None \(or an undefined Tensor",
        ),
        "strides() called on an undefined Tensor",
        "A parameter has the default None and no annotation. It compiles as a Tensor that is "
        "undefined, which can neither be saved nor used.",
        "Annotate it as Optional[Tensor] (or of what is passed), and test it for None before use.",
    ),
    Kind(
        "range",
        (r"all inputs of range must be ints, found (?P<found>.+) in argument",),
        "all inputs of range must be ints, found Tensor (inferred) in argument 0",
        "range() gets a Tensor, a float, or an argument without annotation.",
        "Annotate the argument as int; use // in the place of /; int(x) of a Tensor of one number.",
    ),
    Kind(
        "list-elements",
        (
            r"Empty lists default to List\[Tensor\]",
            r"Cannot create dict for key type '?(?P<found>[^',]+)",
            r"Could not match type (?P<found>.+) to t in argument 'el'",
            r"aten::(append|insert|extend)\.t.*\n(.*\n)*.*Could not match type",
            r"expected exactly (one|2|two) element types?",
        ),
        "Empty lists default to List[Tensor]. Add a variable annotation to the assignment to create "
        "an empty list of another type",
        "A list or dictionary holds what its first elements, or its being empty, did not announce.",
        "Annotate it where it is made: sizes: List[int] = []. What is mixed can be a tuple.",
    ),
    Kind(
        "tuple-for-list",
        ((_VALUE + _FOUND).format(r"(?:Optional\[)?List\[[^']*", r"Tuple\[[^']*"),),
        "Expected a value of type 'List[int]' for argument 'size' but instead found type "
        "'Tuple[int, List[int]]'.",
        "A tuple stands where the operator wants a list, and not all of its members are of one "
        "type, so that it cannot be taken for one.",
        "Write a list of all numbers: [batch, -1] + x.shape[2:], or list the sizes one by one.",
    ),
    Kind(
        "int-float",
        (
            (_VALUE + _FOUND).format(
                r"(?:Optional\[)?(?:float|int|bool|List\[int\])\]?", "int|float|bool|number"
            ),
            (_VALUE + _FOUND).format(
                r"Optional\[List\[(?:int|float)\]\]", r"List\[(?:float|int)\]"
            ),
            (_VALUE + _FOUND).format(r"List\[(?:int|float)\]", r"List\[(?:float|int)\]"),
        ),
        "Expected a value of type 'int' for argument 'dim' but instead found type 'float'.",
        "An int stands where a float is wanted, or the other way round. Python converts, "
        "TorchScript does not; x / 2 is always a float.",
        "Write the literal of the right type (0.0), // for a whole quotient, or int(...) and "
        "float(...) where Python would have converted.",
    ),
    Kind(
        "argument-inferred-tensor",
        (
            r"Inferred '(?P<name>\w+)' to be of type 'Tensor' because it was not annotated",
            r"Inferred the value for argument '(?P<name>\w+)' to be of type 'Tensor' because",
        ),
        "Inferred 'stride' to be of type 'Tensor' because it was not annotated with an explicit "
        "type.",
        "A parameter without annotation counts as a Tensor; what is passed is something else.",
        "Annotate the parameter with what is really passed: int, float, bool, List[int], Optional.",
    ),
    Kind(
        "python-function-signature",
        (r"^(Random|RandomState|Function)\.\w+\(Tensor \w+", r"^[\w.]+\([^\n]*\) -> \w+ 0:$"),
        "Random.randint(Tensor self, Tensor a, Tensor b) -> Tensor 0:",
        "A method of a Python object is called that is no function of TorchScript: random, "
        "numpy.random, autograd.Function.apply.",
        "Draw with torch (other random numbers, so a decision of yours); for an autograd.Function, "
        "write what its forward computes where only inference is to be scripted.",
    ),
    Kind(
        "runtime-type",
        (
            r"^(Runtime|Type)?(Error: )?\w+\(\) Expected a value of type '(?P<wanted>[^']*)' for "
            r"argument '(?P<name>\w+)' but instead found type '(?P<found>[^']*)'",
            r"^\w+\(\) (missing value for argument '(?P<name>\w+)'|expected at most|is missing)",
            r"Unknown keyword argument '(?P<name>\w+)' for operator",
            r"Cannot input a tensor .*as a scalar argument",
            r"Only one element tensors can be converted to Python scalars",
            r"Could not cast attribute '(?P<name>\w+)' to type",
        ),
        "forward() Expected a value of type 'Tensor (inferred)' for argument 'sizes' but instead "
        "found type 'list'.",
        "It compiles, and as it runs a value of another type arrives: an argument that was taken "
        "for a Tensor is none, or a name that begins as a number is given a Tensor.",
        "Annotate the argument with what is passed; give a Tensor and a number names of their own.",
    ),
    Kind(
        "schema-mismatch",
        (
            r"Keyword argument (?P<name>\w+) unknown",
            r"Argument (?P<name>\w+) not provided",
            r"Expected at most \d+ arguments? but found \d+ positional",
            r"Unknown builtin op: (?P<name>[\w:.]+)",
            _VALUE.format("[^']*") + _FOUND.format("[^']*"),
            r"Could not match type (?P<found>.+) to (?P<wanted>.+) in argument '(?P<name>\w+)'",
            r"^Arguments for call are not valid",
            r"Expected (?P<wanted>\S+) but got",
        ),
        "Arguments for call are not valid.\nThe following variants are available:\n\n"
        "aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor:\nKeyword argument axis unknown.",
        "The operator is there, and none of its forms takes these arguments: another name for a "
        "keyword (axis, keepdims), a number of numpy, an argument that only eager mode has.",
        "Compare the call with the variants that the message lists; dim and keepdim are the names "
        "that all have. For another type, convert the value where it is made.",
    ),
    Kind(
        "branch-undefined",
        (r"^(?P<name>\w+) is not defined in the (true|false) branch",),
        "out is not defined in the false branch",
        "A variable gets its value on one branch of an if, and is used behind it.",
        "Give it a value before the if, or raise in the else that cannot happen. Where the "
        "condition is constant, a Final attribute lets the compiler leave the other branch out.",
    ),
    Kind(
        "not-all-paths-return",
        (r"does not return along all paths",),
        "Function was not annotated as having type None, but does not return along all paths",
        "On some path through the function nothing is returned, and on others something is.",
        "Raise an error at the end of that path, or return on all of them.",
    ),
    Kind(
        "undefined-value",
        (r"^undefined value (?P<name>\w+)",),
        "undefined value rearrange",
        "A name is used that the compiler cannot see: a local of the function around, an import "
        "inside a function, something that is not there at all.",
        "Import it at the top of the file; pass what a nested function uses as an argument.",
    ),
    Kind(
        "branch-types",
        (
            r"Previous return statement returned a value of type (?P<wanted>.+) but this return "
            r"statement returns a value of type (?P<found>.+)",
            r"Type mismatch: (?P<name>\w+) is set to type (?P<wanted>.+) in the true branch and type "
            r"(?P<found>.+) in the false branch",
            r"Variable '(?P<name>\w+)' previously had type (?P<wanted>.+) but is now being assigned "
            r"to a value of type (?P<found>.+)",
            r"if-expression's true branch has type (?P<wanted>.+) but false branch has type "
            r"(?P<found>.+)",
            r"Return value was annotated as having type (?P<wanted>.+) but is actually of type "
            r"(?P<found>.+)",
        ),
        "Variable 'x' previously had type Tensor but is now being assigned to a value of type int",
        "One name, or what a function returns, has two types, depending on the way that is taken.",
        "Give the second value a name of its own; return the same type on all paths, or say "
        "Optional; where the choice is constant for a model, make its flag Final.",
    ),
    Kind(
        "list-size",
        (
            r"cannot statically infer the expected size of a list",
            r"Provided .* for unpacking but|need \d+ values to unpack but found",
        ),
        "cannot statically infer the expected size of a list in this context",
        "A list or Tensor is unpacked, by a star or into more names, and its length is not known "
        "as the code is compiled.",
        "Pass the list itself (x.view(sizes)); index the members: a, b = xs[0], xs[1].",
    ),
    Kind(
        "not-tuple",
        (r"(?P<found>.+) cannot be used as a tuple", r"cannot be used as a tuplevalue"),
        "Tensor (inferred) cannot be used as a tuple",
        "A value is unpacked that is no tuple to the compiler: mostly an argument that is a list or "
        "a tuple and has no annotation.",
        "Annotate it: Tuple[Tensor, Tensor], or List[Tensor] with an index for each member.",
    ),
    Kind(
        "not-iterable",
        (
            r"'(?P<found>.+)' object is not (iterable|subscriptable)",
            r"(?P<found>.+) cannot be used as an iterable",
        ),
        "'NoneType' object is not iterable",
        "A loop or an index is over something that has no members to the compiler; often an "
        "argument or attribute that is None in this model.",
        "Test it for None first; annotate what it is where it comes from.",
    ),
    Kind(
        "variable",
        (r"Class Variable does not have an __init__",),
        "Class Variable does not have an __init__ function defined",
        "torch.autograd.Variable(x) is x since PyTorch 0.4.",
        "Write x. Variable(x, requires_grad=True) is x.requires_grad_() where it matters.",
    ),
    Kind(
        "class-instantiation",
        (
            r"Cannot instantiate class '(?P<name>\w+)' in a script function",
            r"Class (?P<name>\w+) does not have an __init__",
            r"[cC]annot call a value of type",
            r"Instances of Module",
        ),
        "Cannot instantiate class 'Softmax' in a script function",
        "forward makes an object: a Module (nn.Softmax(dim=1)(x)), or one of a class that is not "
        "scripted.",
        "Use the function (F.softmax(x, dim=1)), or make the module in __init__ where it has no "
        "parameters, so that no key is new.",
    ),
    Kind(
        "weakref",
        (
            r"cannot create weak reference to '(?P<found>[^']*)' object",
            r"module, class, method, function, traceback, frame, or code object was expected",
            r"is not a function\. Recursive scripting only supports Python functions",
        ),
        "cannot create weak reference to 'numpy.ufunc' object",
        "A function is called that is not written in Python (numpy, functools.partial, a builtin), "
        "or a hook is such a thing, as of weight_norm.",
        "Use torch's function of the same meaning, or math for plain numbers; write partial out; "
        "remove_weight_norm before scripting.",
    ),
    Kind(
        "python-function-call",
        (r"Could not export Python function call '?(?P<name>[\w.<>]+)",),
        "Could not export Python function call 'Swish'. Remove calls to Python functions before "
        "export.",
        "It compiles and runs, but calls back into Python (autograd.Function.apply, a method under "
        "torch.jit.ignore), and so cannot be saved.",
        "For inference, write what the function's forward computes in its place; what is never "
        "called when scripted can be torch.jit.unused.",
    ),
    Kind(
        "none-or-module-to-bool",
        (
            r"Could not cast value of type (?P<found>.+) to bool",
            r"Boolean value of Tensor with more than one value is ambiguous",
            r"expression of type (?P<found>.+) cannot be cast to bool",
        ),
        "Could not cast value of type NoneType to bool",
        "A condition is no bool: a module, None, a list, a string. Python takes their truth, "
        "TorchScript does not.",
        "if self.down is not None, if len(xs) > 0: whichever the code means.",
    ),
    Kind(
        "lambda-def",
        (
            r"^(Lambda|function definitions|class definitions) aren't supported",
            r"Expected a single top-level function",
        ),
        "Lambda aren't supported",
        "A function is defined inside another one.",
        "Make it a function of the module or a method, and pass what it took from around it.",
    ),
    Kind(
        "comprehension",
        (
            r"Comprehension ifs are not supported",
            r"Only a single generator is currently supported",
            r"^(SetComp|GeneratorExp|DictComp) aren't supported",
        ),
        "Comprehension ifs are not supported yet",
        "A comprehension with a condition or with two loops.",
        "Write it as a loop that appends to a list which is annotated where it begins.",
    ),
    Kind(
        "unsupported-syntax",
        (
            r"^(?P<name>[\w ]+?)( without assigned value)? aren't supported",
            r"unsupported (kind of augmented assignment|binary operator|unary operator): (?P<name>\w+)",
            r"unsupported (boolean|comparison) operator: (?P<name>\w+)",
            r"Don't support (conversion|formatting) in JoinedStr",
            r"Unsupported value in JoinedStr",
            r"else branches of (while|for) loops aren't supported",
            r"slicing multiple dimensions with",
            r"Unknown Constant expression type",
            r"del statements are only supported",
            r"names of variables used in JIT-ed functions can't start with",
            r"print statements with non-default destinations",
            r"torch\._C\.ErrorReport\(arg0",
        ),
        "try blocks aren't supported",
        "TorchScript has no such statement or expression: try, yield, global, with of other things "
        "than its own, the walrus, a formatted f-string, else of a loop.",
        "Write it in simpler statements; what is only for people who debug (asserts with f-strings, "
        "prints) can stand under if not torch.jit.is_scripting().",
    ),
    Kind(
        "unknown-type",
        (
            r"Unknown type (name|annotation)[: ]+'?(?P<name>[\w.\[\]<> ]+)",
            r"Unsupported annotation (?P<name>\S+)",
            r"Attempted to use (?P<name>\w+) without a contained type",
            r"cannot be used in a type expression",
            r"cannot be used as a type",
            r"Subscripted type must be a type identifier|Unknown type constructor (?P<name>\w+)",
        ),
        "Unknown type name 'np.ndarray'",
        "An annotation is a type that TorchScript does not have (np.ndarray, Callable, dict without "
        "its types, a class of yours), or a name that is not imported.",
        "Annotate with Tensor, int, float, bool, str, List[...], Dict[...], Tuple[...], Optional; "
        "or leave a Tensor without annotation.",
    ),
    Kind(
        "overloads",
        (r"Must explicitly add type annotations to overloaded functions",),
        "Must explicitly add type annotations to overloaded functions",
        "A method is overloaded for the compiler and one of the forms has no types.",
        "Annotate all arguments and the return of each form.",
    ),
    Kind(
        "recursion",
        (r"is called recursively", r"[rR]ecursive calls are not supported"),
        "method 'visit' is called recursively. Recursive calls are not supported",
        "A function calls itself, at once or through others.",
        "Make it a loop with a list of what is left to do.",
    ),
    Kind(
        "tolist",
        (r"Expected type hint for result of tolist",),
        "Expected type hint for result of tolist()",
        "The type of x.tolist() depends on the Tensor's dtype and dimensions.",
        "Annotate the variable: sizes: List[int] = x.tolist().",
    ),
    Kind(
        "indexing",
        (
            r"indexing tensor with unsupported index type '?(?P<found>[^'.]+)",
            r"Cannot index into a [Tt]uple",
            r"non-integer literal because we cannot resolve the output type",
            r"Only ints, slices, lists and tensors are supported",
            r"does not support subscripted assignment",
        ),
        "Unsupported operation: indexing tensor with unsupported index type 'str'. Only ints, "
        "slices, lists and tensors are supported",
        "A Tensor is indexed by what TorchScript does not take, or a tuple of mixed types by a "
        "number that is not known as it compiles.",
        "Index a tuple by literals; make a list where all are of one type; look up what is no "
        "Tensor by its own type: annotate it.",
    ),
    Kind(
        "python-value",
        (
            r"Python type cannot be used as a value",
            r"python value of type '(?P<found>[^']*)' cannot be used as a value",
            r"Python builtin <(?P<name>[^>]*)> is currently not supported",
            r"attribute lookup is not defined on python value of type '(?P<found>[^']*)'",
            r"(?P<name>\w+) cannot be used as a value",
            r"^object has no attribute (?P<name>\w+)",
        ),
        "python value of type 'ndarray' cannot be used as a value. Perhaps it is a closed over "
        "global variable?",
        "A Python object stands where TorchScript needs a value: a global, a type, an enum, a "
        "function of numpy or random, a module.",
        "Make a constant of it (Final, or a literal); use torch or math for what numpy does; pass "
        "what is global as an argument or keep it as an attribute.",
    ),
    Kind(
        "no-source",
        (
            r"Can't get source for (?P<name>.+)\. TorchScript requires source",
            r"could not get source code",
            r"unexpected indent|unindent does not match",
        ),
        "Can't get source for <class 'Cell'>. TorchScript requires source access in order to carry "
        "out compilation, make sure original .py files are available.",
        "The compiler reads the source of each function, and finds none: it was made by exec, a "
        "dataclass or a decorator, typed in at a prompt, or its lines do not stand by themselves.",
        "Put the function in a .py file, one definition to a statement; align lines that are "
        "continued, comments and strings with the function.",
    ),
    Kind(
        "scripted-interface",
        (r"Expected inferred type to be interface type", r"interface"),
        "Expected inferred type to be interface type for 'block'",
        "A module interface is declared, and what is held is none.",
        "Annotate the attribute with the interface that it implements, or drop the interface.",
    ),
    Kind(
        "hook",
        (r"(pre-)?hook .*(before scripting|expected signature|must have)",),
        "This error occurred while scripting the forward pre-hook 'check' on module 'Net'. If you "
        "did not want to script this pre-hook remove it from the original NN module before "
        "scripting.",
        "The module has a hook, which is compiled as well, and does not fit its signature.",
        "Remove the hook before scripting, or annotate it as the message says.",
    ),
    Kind(
        "attribute-error",
        (
            r"'(?P<found>[^']+)' object has no attribute '(?P<name>[^']+)'",
            r"type object '(?P<found>[^']+)' has no attribute '(?P<name>[^']+)'",
            r"module '(?P<found>[^']+)' has no attribute '(?P<name>[^']+)'",
            r"^name '(?P<name>\w+)' is not defined",
        ),
        "'Block' object has no attribute 'scale'",
        "Python's own error, while the compiler looked at the module: a property that fails, "
        "__getattr__, a method of super(), a name that this release of PyTorch has no longer.",
        "Make the property work on a module that was just built, or exclude it by "
        "__jit_unused_properties__; give a parent's method a name of its own.",
    ),
    Kind(
        "mismatch",
        (r"scripted output differs", r"the outputs? differ"),
        "scripted output differs",
        "It compiles and gives another result than Python: training flags, whole division, a "
        "default that is changed in place, the order of a dictionary, random numbers.",
        "Compare the values line by line on one input; the first that differs shows which.",
    ),
)
