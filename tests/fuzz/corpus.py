"""Texts that have broken something somewhere: code in disguise, resource bombs, and characters that nobody expects."""

STEP, ARGUMENT = "\x1e", "\x1f"  # separate the calls of a chain, and the arguments of a call


def _words(text: str) -> list[str]:
    return text.split(" ")


CODE = [
    "__import__('os').system('true')",
    "().__class__.__base__.__subclasses__()",
    '(lambda: exec(\'open("escaped", "w")\'))()',
    "eval(compile('1', '', 'eval'))",
    "open('escaped', 'w').write('x')",
    "[x for x in ().__class__.__mro__]",
    "f'{__import__(\"os\").getcwd()}'",
    "{0.__class__.__init__.__globals__}",
    "%(a)s%n%s",
    "{{ 7 * 7 }}{% for x in ().__class__ %}",
    "x.__class__.__init__.__globals__['sys'].modules",
    "getattr(x, '__dict__')",
    "Integer(1).__class__.__mro__[1].__subclasses__()",  # what sympify, parse_expr, S and to_cnf evaluate
    "Symbol('x').subs({}) or __import__('os').system('true')",
    "S('__import__(\"os\").getpid()')",
    "factorial(10**9)",
    "Function('f')(x).diff(x, 10**6)",
    "cos\nsystem\n(S'true'\ntR.",
    "!!python/object/apply:os.system ['true']",
    '"; import os; os.abort() #',
    "; DROP TABLE problems; --",
    "../../../../etc/passwd",
    "file:///etc/passwd http://localhost:1/",
]
NUMBERS = [
    *_words("0 -0.0 -1 1/0 0/1 -7/2 40% -200% 1e100 1e-100 1e999 -1e999 5e-324 nan inf -Infinity 1_000 1,2,3 0x1F"),
    *_words("1j 1.2.3 1/2/3 +-1 --1 1e e5 1e+0000099 ١٢ １２ ½ ² 10**10**10 9**9**9 2**-1 (2)**(9**9) 1<<10**9 1or.5"),
    *("9" * 99, "9" * 101, "9" * 5000, "1" + "0" * 99, "0." + "3" * 300, "1/" + "9" * 99, "9" * 99 + "%", "1 / 3"),
]
BRACKETS = [
    *("(" * 10**4, "(" * 1300 + "1" + ")" * 1300, "[" * 1900 + "]" * 1900, "[" * 19 + "]" * 19, "-" * 3900 + "1"),
    *("[" + "0," * 1900 + "0]", "[" + "[]," * 1200 + "]", '{"a":' * 600 + "1" + "}" * 600, "9," * 1500, "a" * 4000),
    *("1/" * 1900 + "1", "not " * 900 + "p", "~" * 1500 + "p", "p & " * 480 + "p", "p->" * 660 + "p"),
    *("p<->" * 480 + "p", "(p and " * 150 + "p" + ")" * 150, "f(" * 600 + "x" + ")" * 600, "p(" * 99 + "x" + ")" * 99),
    *("all x " * 330 + "p(x)", "all " + "x " * 900 + "p(x)", "all " + "x, " * 600 + "x p(x)", "all x all " * 180),
]
FORMULAS = [
    " xor ".join(f"p{n}" for n in range(90)),
    " and ".join(f"(p{n} or q{n})" for n in range(90)),
    " and ".join(f"exists x (p{n % 10}(x) and not p{n % 9}(x))" for n in range(45)),
    " and ".join(f"(a(c{n}) <-> b(c{n}))" for n in range(70)),
    "forall x y z (r(x, y) and r(y, z) -> r(x, z)) and forall x exists y r(x, y) and forall x not r(x, x)",
    "forall x exists y (s(x) = y and not s(y) = x) and forall x y (s(x) = s(y) -> x = y) and forall x not s(x) = o",
    "forall x y z m(m(x, y), z) = m(x, m(y, z)) and forall x m(e, x) = x and forall x m(i(x), x) = e",
    "forall x exists y forall z exists u forall v exists w (r(x, y, z) <-> (r(z, u, v) xor r(v, w, x)))",
    "forall x (exists y r(x, y) and (" + " and ".join(f"exists z (r(x, z) and p{n}(z))" for n in range(9)) + "))",
    "forall " + " ".join(f"x{n}" for n in range(40)) + " (" + " or ".join(f"x{n} = x{n + 1}" for n in range(39)) + ")",
    "forall x p(" + "f(" * 40 + "x" + ")" * 41 + " and exists x (p(x) and not p(f(x)))",
    "p(" + "c, " * 400 + "c)",
    "all x (" + " xor ".join(f"p{n % 10}(x)" for n in range(95)) + ")",
    "forall y (f2) " + "&f1" * 600,
    "forall x (f1) " + "-> f1" * 300,
]
CHARACTERS = [
    *_words("\0 \ud800 \udfff \ud83d \u202e \u200b \u2060 \ufeff \ufffe \x7f \x1b[2J \\ \\N{BULLET} \\ud800 \\x00 \\d"),
    *_words("\" ' ` ``` “ ’ „ − ‐ × ÷ а ａ е ⅰ ﬁ İ ß ﷺ 𝟙 👩‍👩‍👧 \U0010ffff ∀ ∃x ⊕ ¬ ＝ （ ）"),
    *("e\u0301" * 40, "\r", "\f", "\t", "\n", "\x85", "\u2028", "\u2029"),
]
MARKS = [
    *_words("[TOOL_CALLS] [ARGS] [CALL_ID] </s> <s> [INST] <|python_tag|> <|eom_id|> <|im_start|> <|im_end|>"),
    *_words("<|endoftext|> <|functions|> <|user|> <|assistant|> <|tool|> <|end|> <|pad|> <tool_call> </tool_call>"),
    *_words("<function=f> </function> <parameter=a> </parameter> add{} [f()] add(a=2,b=3) stop(answer=1) f( a= a{"),
    *('{"name": "add", "arguments": {"a": 2, "b": 3}}', '{"function": {"name": "f", "arguments": "{}"}}'),
    *('"name":', '"arguments":', *"{}[](),:="),
]
CHAINS = [
    ['both("p", "q")', *(f'both("f{n}", "f{n}")' for n in range(1, 12))],  # twice as large with every call
    ['either("p(x)", "q(x)")', *(f'implies("f{n} and f{n}", "f{n}")' for n in range(1, 9)), 'forall("x", "f4")'],
    [*(f'assume("forall x (p{n}(x) -> p{n + 1}(x))")' for n in range(9)), 'assume("p0(A)")', 'entails("p9(A)")'],
    [f"assume({' and '.join(f'(p{k} or p{n * k})' for k in range(60))!r})" for n in range(12)],
    ["multiply(a=9e19, b=9e19)", *["multiply(a=9e39, b=9e-39)"] * 3, 'divide(a=1, b="1e-39")', "divide(a=1, b=0)"],
    [*["add(a=1, b=1)"] * 3],
    *([f"assume({formula!r})", 'entails("exists x p1(x)")'] for formula in FORMULAS),
    ['[TOOL_CALLS][{"name": "add", "arguments": {"a": [[[1]]], "b": null}}]', "stop(answer='<|end|>')"],
]
PLAIN = ["p", "cat(Tom)", "x", "f1", "f99", "3", "0.5", "True", "None", "[1]", "[1, 2, [3]]", "x + 1 = 2"]
ARGUMENTS = [*CODE, *NUMBERS, *BRACKETS, *FORMULAS, *CHARACTERS, *MARKS, *PLAIN]
