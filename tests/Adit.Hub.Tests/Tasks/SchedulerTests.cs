using Adit.Api;
using Adit.Hub.Runners;
using Adit.Hub.Tasks;
using Adit.Hub.Templates;
using static Adit.Hub.Tests.Tasks.Placement;

namespace Adit.Hub.Tests.Tasks;

/// <summary>Which runner could have a task, which has room, which is taken, and whose turn it is: a table each.</summary>
public sealed class SchedulerTests
{
    private static readonly Dictionary<string, (ResolvedTask Task, RunnerRecord Runner, string? Misfit)> Fits = new()
    {
        ["all of it and no more"] = (Wants(8, 16 * GiB), Runner(), null),
        ["a core too many"] = (Wants(9), Runner(), "it has 8 cores"),
        ["half a core too many of one"] = (Wants(1.5), Runner(cpus: 1), "it has 1 core"),
        ["a byte too many"] = (Wants(1, (16 * GiB) + 1), Runner(), "it has 16 GiB of memory"),
        ["a GPU where there is none"] = (Wants(gpus: 1), Runner(), "it has no GPU"),
        ["two GPUs where there is one"] = (Wants(gpus: 2), Runner(gpus: 1), "it has 1 GPU"),
        ["a GPU"] = (Wants(gpus: 2), Runner(gpus: 2), null),
        ["a GPU of a type"] = (Wants(gpus: 1, gpuType: "a100"), Runner(gpus: 1, labels: "gpu=a100"), null),
        ["a GPU of another type"] = (Wants(gpus: 1, gpuType: "a100"), Runner(gpus: 1, labels: "gpu=t4"), "it has no GPU of type a100"),
        ["a type without a GPU says nothing"] = (Wants(gpuType: "a100"), Runner(labels: "gpu=t4"), null),
        ["another executor"] = (Wants(executor: "docker"), Runner(), "it has no docker"),
        ["this runner"] = (Wants(placement: new TaskPlacement { Runner = "r1" }), Runner(), null),
        ["another runner"] = (Wants(placement: new TaskPlacement { Runner = "r2" }), Runner(), "it is not 'r2'"),
        ["a label that is there"] = (Needs("zone", "a", "b"), Runner(labels: "zone=b"), null),
        ["a label of another value"] = (Needs("zone", "a", "b"), Runner(labels: "zone=c"), "it has no label zone=a|b"),
        ["a label that is not there"] = (Needs("zone", "a"), Runner(), "it has no label zone=a"),
        ["a label that every runner has"] = (Needs("os", "debian"), Runner(), null),
        ["a label that a runner only says it has"] = (Needs("name", "r2"), Runner(labels: "name=r2"), "it has no label name=r2"),
        ["a taint"] = (Wants(), Runner(taints: new Taint("lab")), "it is tainted with lab"),
        ["a taint with a value"] = (Wants(), Runner(taints: new Taint("lab", "x")), "it is tainted with lab=x"),
        ["a taint that is tolerated"] = (Tolerates(new Taint("lab", "x")), Runner(taints: new Taint("lab", "x")), null),
        ["every value of a taint tolerated"] = (Tolerates(new Taint("lab")), Runner(taints: new Taint("lab", "x")), null),
        ["another value of a taint tolerated"] = (Tolerates(new Taint("lab", "y")), Runner(taints: new Taint("lab", "x")), "it is tainted with lab=x"),
        ["one of two taints tolerated"] = (Tolerates(new Taint("lab")), Runner(taints: [new Taint("lab"), new Taint("gpu")]), "it is tainted with gpu"),
    };

    private static readonly Dictionary<string, (ResolvedTask Task, Place Place, string? Why)> Rooms = new()
    {
        ["exactly what is left"] = (Wants(2, 4 * GiB), At(Runner(), cpu: 6, memory: 12 * GiB), null),
        ["tenths that add up"] = (Wants(0.1), At(Runner(cpus: 1), cpu: 0.1 + 0.2 + 0.6), null),
        ["half a core too many"] = (Wants(2.5), At(Runner(), cpu: 6), "has 2 of 8 cores free"),
        ["more taken than there is"] = (Wants(1), At(Runner(cpus: 2), cpu: 3), "has 0 of 2 cores free"),
        ["a GiB too many"] = (Wants(1, 5 * GiB), At(Runner(), memory: 12 * GiB), "has 4 GiB of 16 GiB of memory free"),
        ["all GPUs taken"] = (Wants(gpus: 1), At(Runner(gpus: 2), gpus: 2), "has 0 of 2 GPUs free"),
        ["not there"] = (Wants(), At(Runner(), isUp: false), "is not there"),
        ["cordoned"] = (Wants(), At(Runner() with { IsCordoned = true }), "is cordoned"),
        ["drained says more than cordoned"] = (Wants(), At(Runner() with { IsCordoned = true, IsDraining = true }), "is being drained"),
        ["as many tasks as there may be"] = (Wants(), At(Runner(), count: RunnerRules.MostTasks), $"has {RunnerRules.MostTasks} tasks, which is the most"),
    };

    private static readonly Dictionary<string, (ResolvedTask Task, Place[] Places, string? Taken)> Choices = new()
    {
        ["the least taken"] = (Wants(), [At(Runner("a"), cpu: 4), At(Runner("b"), cpu: 2), At(Runner("c"), cpu: 3)], "b"),
        ["the least taken of what is scarcest"] = (Wants(), [At(Runner("a"), cpu: 1, memory: 12 * GiB), At(Runner("b"), cpu: 4, memory: GiB)], "b"),
        ["what is liked before what is empty"] = (Likes("disk", "ssd", 1), [At(Runner("a")), At(Runner("b", labels: "disk=ssd"), cpu: 6)], "b"),
        ["who is liked and has no room is not taken"] = (Likes("disk", "ssd", 1), [At(Runner("a")), At(Runner("b", labels: "disk=ssd"), cpu: 8)], "a"),
        ["GPUs are left to who needs them"] = (Wants(), [At(Runner("a", gpus: 1)), At(Runner("b"), cpu: 6)], "b"),
        ["a GPU for who needs it"] = (Wants(gpus: 1), [At(Runner("a", gpus: 1), cpu: 6), At(Runner("b"))], "a"),
        ["the same are taken by tasks, then by name"] = (Wants(), [At(Runner("c")), At(Runner("b")), At(Runner("a"), count: 1)], "b"),
        ["none"] = (Wants(), [At(Runner("a"), cpu: 8), At(Runner("b"), isUp: false)], null),
    };

    [Fact]
    public void The_password_of_a_registry_goes_to_runners_of_admins_alone()
    {
        var wants = Wants();
        var withPassword = wants with { Spec = wants.Spec with { Image = new ImageSpec { Reference = "registry/lab:1", CredentialsSecret = "registry" } } };
        var runner = Runner();
        var place = At(runner with { Facts = runner.Facts with { Features = ["secrets"] } });
        Assert.Equal("it is not an admin's, and the password of the image's registry goes to those alone", Scheduler.Misfit(withPassword, place));
        Assert.Null(Scheduler.Misfit(withPassword, place with { IsOfAdmin = true }));
        Assert.Null(Scheduler.Misfit(wants, place));
    }

    public static TheoryData<string> Fitting => [.. Fits.Keys];

    public static TheoryData<string> HavingRoom => [.. Rooms.Keys];

    public static TheoryData<string> Choosing => [.. Choices.Keys];

    [Theory]
    [MemberData(nameof(Fitting))]
    public void A_runner_could_have_a_task_or_says_why_not(string what) => Assert.Equal(Fits[what].Misfit, Scheduler.Misfit(Fits[what].Task, Fits[what].Runner));

    [Theory]
    [MemberData(nameof(HavingRoom))]
    public void A_runner_has_room_or_says_why_not(string what) => Assert.Equal(Rooms[what].Why, Scheduler.NoRoom(Rooms[what].Task, Rooms[what].Place));

    [Theory]
    [MemberData(nameof(Choosing))]
    public void Of_those_with_room_the_best_is_taken_in_whatever_order_they_come(string what)
    {
        var (task, places, taken) = Choices[what];
        Assert.Equal(taken, Scheduler.Choose(task, places)?.Record.Name);
        Assert.Equal(taken, Scheduler.Choose(task, places.Reverse())?.Record.Name);
    }

    [Fact]
    public void What_could_never_run_says_so_for_each_runner()
    {
        Assert.Equal(
            "No runner could ever take it (9 cores, 1 GiB of memory, 2 GPUs of type a100): a: it has 1 GPU; b: it has no GPU.",
            Scheduler.NeverFits(Wants(9, gpus: 2, gpuType: "a100"), [At(Runner("a", gpus: 1)), At(Runner("b"))]));
        Assert.StartsWith("There is no runner that you may use", Scheduler.NeverFits(Wants(), []), StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_says_for_what()
    {
        var full = At(Runner("a"), cpu: 8);
        Assert.Equal("The runner 'a' has 0 of 8 cores free.", Scheduler.WaitsFor(Wants(), [full]));
        Assert.Equal("The runner 'b' is held for a task that has waited longer.", Scheduler.WaitsFor(Wants(), [At(Runner("b"))]));
        Assert.Equal("None of 2 runners that could take it has room: a has 0 of 8 cores free; b is not there.", Scheduler.WaitsFor(Wants(), [full, At(Runner("b"), isUp: false)]));
        Assert.Equal("The runner 'a' has 0 of 8 cores free.", Scheduler.WaitsFor(Wants(2), [full, At(Runner("c", cpus: 1))]));
    }

    // Who holds what; who waits (account, minute, cores); in whose turn they come when each is placed.
    [Theory]
    [InlineData("", "ann1 ann2 bob3 bob4", "ann1 bob3 ann2 bob4")]
    [InlineData("ann:4", "ann1 ann2 bob3 bob4", "bob3 bob4 ann1 ann2")]
    [InlineData("ann:1", "ann1 bob2 cid3", "bob2 cid3 ann1")]
    [InlineData("ann:1 bob:2 cid:3", "cid1 bob2 ann3", "ann3 bob2 cid1")]
    [InlineData("", "bob2 ann1 ann3", "ann1 bob2 ann3")]
    public void It_is_the_turn_of_who_has_least_and_among_the_same_of_who_came_first(string held, string waiting, string order)
    {
        var runner = new LiveRunner(Runner(cpus: 64, memory: 1024 * GiB));
        var tasks = held.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static h => h.Split(':'))
            .Select(static h => Task("held-" + h[0], h[0], 0, Wants(double.Parse(h[1], System.Globalization.CultureInfo.InvariantCulture)), "r1"));
        var standing = new Standing(tasks, [runner]);
        var queued = waiting.Split(' ').Select(static w => new LiveTask(Task(w, w[..3], w[3] - '0', Wants()))).ToList();
        var came = new List<string>();
        foreach (var task in standing.InTurn(queued))
        {
            came.Add(task.Record.Id);
            standing.Add(task.Record with { State = TaskState.Scheduled, Runner = "r1" });
        }

        Assert.Equal(order, string.Join(' ', came));
    }

    [Fact]
    public void What_is_queued_or_over_holds_nothing_and_what_is_lost_does()
    {
        var standing = new Standing(
            [
                Task("runs", "ann", 1, Wants(2, gpus: 1), "r1"), Task("lost", "ann", 1, Wants(1), "r1") with { State = TaskState.Lost },
                Task("waits", "ann", 1, Wants(4)), Task("over", "ann", 1, Wants(4), "r1") with { State = TaskState.Stopped },
            ],
            [new LiveRunner(Runner())]);
        var load = Assert.Single(standing.ByRunner).Value;
        Assert.Equal((3, 2 * GiB, 1, 2), (load.Reserved.Cpu, load.Reserved.MemoryBytes, load.Reserved.Gpus, load.Count));
    }

    private static ResolvedTask Needs(string label, params string[] values) =>
        Wants(placement: new TaskPlacement { Require = new Dictionary<string, IReadOnlyList<string>> { [label] = values } });

    private static ResolvedTask Tolerates(Taint taint) => Wants(placement: new TaskPlacement { Tolerate = [taint] });

    private static ResolvedTask Likes(string label, string value, int weight) => Wants(placement: new TaskPlacement { Prefer = [new PreferredLabel(label, value, weight)] });
}
