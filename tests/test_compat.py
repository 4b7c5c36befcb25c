"""Scripts that say ``import torch``: the import, the runner, and the names of a build without GPUs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_same

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "compat.md"


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=cwd, env=environment
    )


def run(program: str) -> str:
    result = python("-c", textwrap.dedent(program))
    assert result.returncode == 0, result.stderr
    return result.stdout


# --------------------------------------------------------------------------- import torch


def test_every_way_to_import_torch_binds_the_modules_of_minitorch() -> None:
    output = run("""
        import minitorch
        minitorch.compat.install()
        import torch
        import torch.nn as nn
        import torch.nn.functional as F
        import torch.nn.utils.rnn
        import torch.utils.data.dataloader
        from torch import Tensor, nn as nn2, optim
        from torch.autograd import Function, Variable
        from torch.nn import Linear
        from torch.optim.lr_scheduler import StepLR
        from torch.utils.data import DataLoader
        import torch.autograd, torch.cuda.amp, torch.distributions, torch.fft, torch.func
        import torch.jit, torch.linalg, torch.special, torch.testing, torch.backends.cudnn as cudnn
        import torchvision.transforms, torchtext
        import importlib, sys

        assert torch is minitorch and nn is nn2 is minitorch.nn and F is minitorch.nn.functional
        assert Linear is minitorch.nn.Linear and isinstance(torch.zeros(2), torch.Tensor)
        assert torchvision is minitorch.vision and torchtext is minitorch.text
        assert torch.utils.data.dataloader.DataLoader is DataLoader
        for name, module in list(sys.modules.items()):
            if name.split(".")[0] == "torch":
                assert module is sys.modules["mini" + name], name
                assert module.__name__ == module.__spec__.name == "mini" + name, name
        assert importlib.util.find_spec("torch.nn") is nn.__spec__
        assert importlib.util.find_spec("torchaudio") is None
        def hint(x: torch.FloatTensor, y: "torch.cuda.LongTensor") -> torch.dtype: ...
        print("fine")
    """)
    assert output.split() == ["fine"]


def test_what_is_missing_is_named_in_one_clear_error() -> None:
    output = run("""
        import minitorch.compat
        minitorch.compat.install()
        import torch
        for statement in (
            "import torch.onnx", "from torch.utils.tensorboard import SummaryWriter",
            "from torch.nn import Nonsense", "from torch import nonsense",
        ):
            try:
                exec(statement)
            except ImportError as error:
                print(error)
        print(hasattr(torch, "onnx"), getattr(torch.nn, "Nonsense", None))
        try:
            torch.onnx.export
        except AttributeError as error:
            print(error)
    """)
    lines = output.splitlines()
    assert lines[0] == "minitorch has no torch.onnx"
    assert lines[1] == "minitorch has no torch.utils.tensorboard"
    assert "'Nonsense'" in lines[2] and "minitorch.nn" in lines[2]
    assert "'nonsense'" in lines[3]
    assert lines[4:] == ["False None", "minitorch has no torch.onnx"]


def test_uninstall_gives_the_real_one_back() -> None:
    output = run("""
        import minitorch
        from minitorch.compat import install, installed, uninstall
        with installed():
            install()
            import torch as first
        uninstall()
        import torch as second
        print(first.__name__, second.__name__)
    """)
    assert output.split() == ["minitorch", "torch"]


def test_install_refuses_beside_the_real_torch() -> None:
    with pytest.raises(RuntimeError, match="torch is already imported"):
        minitorch.compat.install()


# --------------------------------------------------------------------------- python -m minitorch

SCRIPT = """
import sys
import helper
import torch
print(__name__, sys.argv[1:], helper.__name__, torch.__name__, sys.path[0], __file__)
if "fail" in sys.argv:
    def broken():
        raise ValueError("broken")
    broken()
sys.exit(3 if "exit" in sys.argv else 0)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "helper.py").write_text("")
    return tmp_path


def test_a_script_runs_as_python_would_run_it(folder: Path) -> None:
    script = str(folder / "script.py")
    result = python("-m", "minitorch", script, "--help", "-m", "x")
    assert result.returncode == 0, result.stderr
    expected = f"__main__ ['--help', '-m', 'x'] helper minitorch {folder} {script}"
    assert result.stdout.strip() == expected
    assert python("-m", "minitorch", script, "exit").returncode == 3


def test_a_module_runs_as_python_would_run_it(folder: Path) -> None:
    result = python("-m", "minitorch", "-m", "script", "a", "--b", cwd=folder)
    assert result.stdout.startswith("__main__ ['a', '--b'] helper minitorch"), result.stderr


def test_a_traceback_begins_in_the_script(folder: Path) -> None:
    result = python("-m", "minitorch", str(folder / "script.py"), "fail")
    assert result.returncode == 1
    places = re.findall(r'File "(.*?)"', result.stderr)
    assert places == [str(folder / "script.py")] * 2
    assert result.stderr.strip().endswith("ValueError: broken")


def test_the_runner_explains_itself() -> None:
    assert "-m module" in python("-m", "minitorch", "--help").stdout
    for arguments in ([], ["no_such_file.py"]):
        result = python("-m", "minitorch", *arguments)
        assert result.returncode == 2 and "error:" in result.stderr


# --------------------------------------------------------------------------- a build without GPUs

AS_IN_TORCH = """
torch.cuda.is_available()
torch.cuda.device_count()
torch.cuda.is_initialized()
torch.cuda.is_bf16_supported()
torch.cuda.get_arch_list()
torch.cuda.get_rng_state_all()
torch.cuda.set_rng_state_all([])
torch.cuda.manual_seed(0)
torch.cuda.manual_seed_all(0)
torch.cuda.seed()
torch.cuda.empty_cache()
torch.cuda.memory_allocated()
torch.cuda.max_memory_allocated()
torch.cuda.memory_reserved()
torch.cuda.current_device()
torch.cuda.get_device_name(0)
torch.cuda.get_device_properties(0)
torch.cuda.get_device_capability()
torch.cuda.synchronize()
torch.cuda.initial_seed()
torch.cuda.get_rng_state()
torch.cuda.mem_get_info()
torch.cuda.current_stream()
torch.cuda.init()
torch.cuda.Stream()
torch.cuda.Event(enable_timing=True)
torch.cuda.device(0).__enter__()
torch.cuda.FloatTensor([1.0])
torch.zeros(2).cuda()
torch.zeros(2).to("cuda")
torch.zeros(2).to(torch.device("cuda:0"))
torch.zeros(2, device="cuda")
torch.zeros(2).to("xpu")
torch.zeros(2).to("mps")
torch.zeros(2).to("cpu")
torch.zeros(2).pin_memory()
torch.zeros(2).is_pinned()
torch.zeros(2).is_shared()
torch.zeros(2).get_device()
torch.get_device(torch.zeros(2))
torch.nn.Linear(2, 2).cuda()
torch.nn.Linear(2, 2).to("cuda")
torch.nn.ReLU().cuda().inplace
torch.device("cuda")
torch.device("cuda:1")
torch.device("cuda", 0) == torch.device("cuda:0")
torch.device(type="cuda", index=2)
torch.device(torch.device("cpu"))
torch.device("hpu")
torch.device("foo")
torch.device("cuda:")
torch.device("cuda:x")
torch.device("cuda:-1")
torch.device("cuda:1", 1)
torch.device(0)
(lambda d: (d.__enter__(), d.__exit__(None, None, None)))(torch.device("cpu"))
torch.backends.cudnn.is_available()
torch.backends.cudnn.enabled
torch.backends.cudnn.benchmark
torch.backends.cudnn.deterministic
torch.backends.cudnn.version()
torch.backends.cuda.is_built()
torch.backends.cuda.matmul.allow_tf32
torch.backends.mps.is_available()
torch.backends.mps.is_built()
torch.backends.mkldnn.enabled
torch.mps.is_available()
torch.mps.device_count()
torch.mps.manual_seed(0)
torch.mps.empty_cache()
torch.mps.synchronize()
torch.xpu.is_available()
torch.xpu.device_count()
torch.xpu.empty_cache()
torch.xpu.current_device()
torch.accelerator.is_available()
torch.accelerator.device_count()
torch.accelerator.current_accelerator()
torch.accelerator.current_device_index()
torch.accelerator.synchronize()
torch.cpu.is_available()
torch.cpu.device_count()
torch.cpu.current_device()
torch.cpu.synchronize()
torch.version.cuda
torch.version.hip
torch.version.debug
torch.__version__ >= "2.9"
torch.__version__ < (2, 14)
torch.__version__.split(".")[:2]
torch.distributed.is_initialized()
torch.distributed.get_rank()
torch.distributed.get_world_size()
torch.distributed.barrier()
torch.distributed.all_reduce(torch.ones(1))
torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1))
torch.autograd.Variable(torch.ones(2), requires_grad=True)
torch.autograd.Variable(torch.ones(2) * torch.ones(2, requires_grad=True)).requires_grad
torch.autograd.Variable([1])
isinstance(torch.ones(2), torch.autograd.Variable)
torch.from_dlpack(torch.arange(6).reshape(2, 3).t())
np.from_dlpack(torch.ones(2))
np.from_dlpack(torch.ones(2, requires_grad=True))
torch.ones(2).__dlpack_device__() == (1, 0)
torch.are_deterministic_algorithms_enabled()
torch.is_deterministic_algorithms_warn_only_enabled()
torch.get_deterministic_debug_mode()
torch.set_deterministic_debug_mode("nonsense")
torch.get_float32_matmul_precision()
torch.set_float32_matmul_precision("nonsense")
torch.get_default_device()
torch.set_default_device(None)
torch.set_default_device("cpu")
torch.set_default_dtype(torch.int32)
torch.set_default_tensor_type(torch.LongTensor)
torch.is_warn_always_enabled()
torch.compile(lambda x: x + 1, backend="eager")(3)
torch.compile(backend="eager")(abs)(-3)
torch.compiler.is_compiling()
torch.compiler.disable(abs)(-1)
torch.jit.is_scripting()
torch.jit.is_tracing()
torch.jit.ignore(lambda x: x)(-1)
torch.jit.unused(lambda x: x)(-1)
torch.jit.export(lambda x: x)(-1)
torch.is_autocast_enabled()
torch.is_autocast_enabled("cpu")
torch.get_autocast_dtype("cpu")
torch.get_autocast_dtype("cuda")
torch.autocast("nonsense")
torch.autocast(1)
torch.autocast("cuda")(abs)(-1)
torch.amp.GradScaler("cuda").get_scale()
torch.amp.GradScaler("cuda").is_enabled()
torch.amp.GradScaler("cuda").state_dict()
torch.amp.GradScaler("cpu").state_dict()
torch.amp.GradScaler("cpu", growth_factor=1.0)
torch.amp.GradScaler("cpu").scale(torch.ones(2))
torch.amp.GradScaler("cpu").scale([torch.ones(2), (torch.ones(1),)])
torch.amp.GradScaler("cpu").scale(1)
torch.amp.GradScaler("cpu").update()
torch.cuda.amp.GradScaler().scale(torch.ones(2))
torch.FloatTensor(2, 3).shape
torch.FloatTensor(torch.Size([2, 3])).shape
torch.FloatTensor(size=(2, 3)).shape
torch.FloatTensor().shape
torch.FloatTensor([1, 2])
torch.LongTensor([1.5, 2])
torch.LongTensor(range(3))
torch.BoolTensor([1, 0])
torch.HalfTensor([1])
torch.DoubleTensor([[1, 2]])
torch.FloatTensor(torch.tensor([1.0, 2.0]))
torch.FloatTensor(5.0)
torch.FloatTensor("a")
torch.Tensor([1, 2])
torch.Tensor(torch.tensor([1, 2]))
torch.Tensor(torch.Size([2])).shape
torch.Tensor(5.0)
isinstance(torch.zeros(2), torch.FloatTensor)
isinstance(torch.zeros(2), torch.LongTensor)
isinstance(torch.zeros(2), torch.cuda.FloatTensor)
issubclass(torch.FloatTensor, torch.Tensor)
repr(torch.FloatTensor), repr(torch.cuda.LongTensor)
torch.LongTensor.dtype
torch.ones(2).type(torch.LongTensor)
torch.ones(2).type("torch.LongTensor")
torch.ones(2).type("nonsense")
torch.arange(4).reshape(2, 2).t().apply_(lambda v: v * 10)
torch.ones(2, requires_grad=True).apply_(abs)
torch.typename(torch.zeros(2)), torch.typename(3), torch.typename(abs)
torch.utils.data.get_worker_info()
torch.random.initial_seed() == torch.initial_seed()
torch.multiprocessing.get_start_method()
torch.types.Number
""".strip().splitlines()


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    """A default device is a mode around all that torch does later; torch.compile also turns the
    validation of distributions off.
    """
    yield
    torch.set_default_device(None)
    torch.distributions.Distribution.set_default_validate_args(True)


@pytest.mark.parametrize("expression", AS_IN_TORCH)
def test_a_name_beyond_the_tensor_behaves_as_in_torch(expression: str) -> None:
    assert_same(lambda torch: eval(expression, {"torch": torch, "np": np}))


def test_both_libraries_see_one_memory_through_dlpack() -> None:
    theirs = torch.zeros(3)
    ours = minitorch.from_dlpack(theirs)
    ours[1] = 5.0
    torch.from_dlpack(ours)[2] = 7.0
    assert theirs.tolist() == ours.tolist() == [0.0, 5.0, 7.0]


REFUSED = [
    "torch.cuda.set_device(0)",
    "torch.cuda.reset_peak_memory_stats()",
    "torch.FloatTensor(torch.tensor([1, 2]))",
    "torch.zeros(2).type('torch.cuda.FloatTensor')",
    "torch.Generator(device='cuda')",
    "torch.distributed.init_process_group('gloo')",
]


@pytest.mark.parametrize("expression", REFUSED)
def test_what_torch_refuses_in_words_of_its_insides_is_refused(expression: str) -> None:
    for library in (torch, minitorch):
        with pytest.raises((AssertionError, AttributeError, RuntimeError, TypeError, ValueError)):
            eval(expression, {"torch": library})


@pytest.mark.parametrize("library", [torch, minitorch], ids=["torch", "minitorch"])
def test_switches_keep_what_they_are_set_to(library: Any) -> None:
    library.use_deterministic_algorithms(True, warn_only=True)
    assert library.are_deterministic_algorithms_enabled()
    assert library.is_deterministic_algorithms_warn_only_enabled()
    assert library.get_deterministic_debug_mode() == 1
    library.use_deterministic_algorithms(False)
    library.set_float32_matmul_precision("high")
    assert library.get_float32_matmul_precision() == "high"
    library.set_float32_matmul_precision("highest")
    cudnn = library.backends.cudnn
    with cudnn.flags(enabled=False, benchmark=True):
        assert (cudnn.enabled, cudnn.benchmark) == (False, True)
    assert (cudnn.enabled, cudnn.benchmark) == (True, False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library.set_default_tensor_type(library.DoubleTensor)
        assert library.ones(1).dtype is library.float64
        library.set_default_tensor_type("torch.FloatTensor")


def test_devices_that_are_not_there_are_refused_when_chosen() -> None:
    with pytest.raises(AssertionError, match="not compiled with CUDA"):
        minitorch.set_default_device("cuda")
    with (
        pytest.raises(AssertionError, match="not compiled with CUDA"),
        minitorch.device("cuda"),
    ):
        pass


# --------------------------------------------------------------------------- stand-ins that work


def scaled_steps(library: Any) -> list[Any]:
    """Five steps of which the third overflows."""
    w = library.tensor([1.0, -2.0], requires_grad=True)
    optimizer = library.optim.SGD([w], lr=0.1, momentum=0.9)
    scaler = library.amp.GradScaler("cpu", init_scale=1000.1, growth_interval=2)
    states: list[Any] = []
    for factor in (1.0, 2.0, float("inf"), 1.0, 3.0):
        optimizer.zero_grad()
        scaler.scale((factor * w * w).sum()).backward()
        if factor == 2.0:
            scaler.unscale_(optimizer)
            library.nn.utils.clip_grad_norm_([w], 0.5)
        scaler.step(optimizer)
        scaler.update()
        states.append([w.detach().clone(), scaler.get_scale(), scaler.state_dict()])
    other = library.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    return [states, other.get_scale(), other.state_dict()]


def test_grad_scaler_scales_skips_and_adapts_as_torchs() -> None:
    assert_same(scaled_steps, exact=False)


MISUSED_SCALERS = [
    lambda scaler, optimizer: scaler.step(optimizer),
    lambda scaler, optimizer: [scaler.unscale_(optimizer) for _ in range(2)],
    lambda scaler, optimizer: [scaler.step(optimizer) for _ in range(2)],
    lambda scaler, optimizer: [scaler.step(optimizer), scaler.unscale_(optimizer)],
    lambda scaler, optimizer: scaler.step(optimizer, closure=abs),
    lambda scaler, optimizer: scaler.update(),
    lambda scaler, optimizer: scaler.load_state_dict({}),
]


@pytest.mark.parametrize("misuse", MISUSED_SCALERS)
@pytest.mark.parametrize("scaled", [False, True])
def test_grad_scaler_refuses_what_torchs_refuses(misuse: Any, scaled: bool) -> None:
    def call(library: Any) -> Any:
        w = library.ones(2, requires_grad=True)
        scaler = library.amp.GradScaler("cpu")
        if scaled:
            scaler.scale(w.sum()).backward()
        misuse(scaler, library.optim.SGD([w], lr=0.1))

    assert_same(call)


def test_stand_ins_say_what_they_do_not_do() -> None:
    with pytest.warns(UserWarning, match="does not autocast"), minitorch.autocast("cpu"):
        assert (minitorch.ones(2, 2) @ minitorch.ones(2)).dtype is minitorch.float32
    model = minitorch.nn.Linear(2, 2)
    with pytest.warns(UserWarning, match="no compiler"):
        assert minitorch.jit.script(model) is model
    with pytest.warns(UserWarning, match="no compiler"):
        assert minitorch.jit.trace(model, minitorch.ones(2)) is model


NAN = float("nan")
COMPARED: list[Any] = [
    lambda t: (t.tensor([1.0, 2, 3]), t.tensor([1.0, 4, 5])),
    lambda t: (t.tensor([[1, 2, 3]]), t.tensor([[1, 4, 5]])),
    lambda t: (t.tensor([1.0, 2]), t.tensor([1.0, 0]), {"rtol": 0, "atol": 0}),
    lambda t: (t.tensor([True, False]), t.tensor([True, True])),
    lambda t: (t.tensor(1.0), t.tensor(2.0)),
    lambda t: (t.tensor([NAN]), t.tensor([NAN])),
    lambda t: (t.tensor([NAN]), t.tensor([NAN]), {"equal_nan": True}),
    lambda t: (t.tensor([float("inf"), 1]), t.tensor([float("inf"), 2])),
    lambda t: (t.ones(2), t.ones(3)),
    lambda t: (t.ones(2), t.ones(2).double()),
    lambda t: (t.ones(2), t.ones(2).double(), {"check_dtype": False}),
    lambda t: (t.ones(2, 3).t(), t.ones(3, 2)),
    lambda t: (t.ones(2, 3).t(), t.ones(3, 2), {"check_stride": True}),
    lambda t: (t.ones(2), t.ones(2) + 1e-6),
    lambda t: (t.ones(2).bfloat16(), t.ones(2).bfloat16() * 1.1),
    lambda t: (t.ones(2) * 1j, t.ones(2) * 1j),
    lambda t: (t.empty(0), t.empty(0)),
    lambda t: (t.ones(2), t.zeros(2), {"msg": "words"}),
    lambda t: (t.ones(2), t.zeros(2), {"msg": lambda words: "more " + words}),
    lambda t: (t.ones(2), t.ones(2), {"rtol": 1e-3}),
    lambda t: (t.nn.Parameter(t.ones(2)), t.ones(2)),
    lambda t: (np.ones(2), np.ones(2) + 1e-3),
    lambda t: (1.0, 2.0),
    lambda t: (1.0, 0),
    lambda t: (1.0, 1, {"check_dtype": False}),
    lambda t: (1, 0),
    lambda t: (np.float64(1), 1.0),
    lambda t: (NAN, NAN),
    lambda t: (NAN, NAN, {"equal_nan": True}),
    lambda t: (True, False),
    lambda t: (None, None),
    lambda t: (None, 1),
    lambda t: ("a", "a"),
    lambda t: ([t.ones(2), [2.0, 3]], (t.ones(2), [2.0, 4])),
    lambda t: ([1], [1, 2]),
    lambda t: ({"a": 1, "b": t.ones(1)}, {"b": t.zeros(1), "a": 1}),
    lambda t: ({"a": 1}, {"b": 1}),
]


@pytest.mark.parametrize("case", COMPARED)
def test_assert_close_judges_and_speaks_as_torchs(case: Any) -> None:
    def call(library: Any) -> Any:
        actual, expected, *options = case(library)
        try:
            library.testing.assert_close(actual, expected, **(options[0] if options else {}))
        except (AssertionError, TypeError, ValueError) as error:
            return type(error).__name__, str(error)

    assert_same(call)


# --------------------------------------------------------------------------- the page


def section(title: str) -> str:
    return PAGE.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]


def names(title: str) -> list[str]:
    """The names of torch that a section of the page lists in `code`."""
    return re.findall(r"`torch\.([\w.]+)`", section(title))


def find(name: str) -> Any:
    found: Any = minitorch
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize("title", ["Mirrored", "Stand-ins"])
def test_what_the_page_says_is_there_is_there(title: str) -> None:
    assert names(title)
    assert [name for name in names(title) if find(name) is None] == []


def test_what_the_page_says_is_missing_is_missing() -> None:
    present = []
    for name in names("Missing"):
        try:
            find(name)
        except AttributeError:
            continue
        present.append(name)
    assert names("Missing") and present == []


def test_every_lazy_name_can_be_used() -> None:
    for name in sorted(minitorch._LAZY_MODULES | set(minitorch._LAZY_NAMES)):
        assert getattr(minitorch, name) is not None
        assert name in dir(minitorch)
