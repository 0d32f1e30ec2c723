using Adit.Api;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;
using static Adit.Hub.Tests.Templates.Documents;

namespace Adit.Hub.Tests.Templates;

/// <summary>What a request makes of a template, and why it is refused.</summary>
public sealed class TemplateResolveTests
{
    private const string Sizes =
        """
          parameters:
            - name: size
              type: choice
              default: s
              choices:
                - {value: s, override: {resources: {cpu: 1, memory: 2Gi}}}
                - {value: l, override: {resources: {cpu: 8, memory: 32Gi, gpu: {count: 1, type: a10}}, placement: {require: {zone: b}}}, allowedFor: {groups: [gpu]}}
                - {value: m, redirectTo: s, message: retired}
            - {name: title, type: string, default: x, pattern: "[a-z ]*", maxLength: 10}
            - {name: n, type: number, default: 2, min: 1, max: 9, integer: true}
            - {name: fast, type: boolean, default: false, override: {env: {FAST: "1"}}}
            - {name: image, type: string, default: none, allowedFor: {groups: [power], users: [eve]}}
          placement: {require: {zone: [a, b], kind: x}}
          env: {FAST: "0", TITLE: "{{param.title}}"}

        """;

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "siz", "l", "The template 'demo' has no parameter 'siz'; did you mean 'size'?" },
        { "colour", "red", "The template 'demo' has no parameter 'colour'; it has size, title, n, fast, image." },
        { "size", "xl", "The parameter 'size' cannot be 'xl': it is one of s, l." },
        { "size", "l", "For the parameter 'size', 'l' is for the group gpu; choose another." },
        { "title", "A", "The parameter 'title' cannot be 'A': it has to match [a-z ]*." },
        { "title", "abcdefghijk", "The parameter 'title' cannot be 'abcdefghijk': it has 0 to 10 characters, and here are 11." },
        { "title", "a\nb", "The parameter 'title' cannot be 'a·b': it holds no line breaks or other control characters." },
        { "n", "two", "The parameter 'n' cannot be 'two': it is a whole number from 1 to 9." },
        { "n", "10", "The parameter 'n' cannot be '10': it is a whole number from 1 to 9." },
        { "n", "1.5", "The parameter 'n' cannot be '1.5': it is a whole number from 1 to 9." },
        { "n", "1e0", "The parameter 'n' cannot be '1e0': it is a whole number from 1 to 9." },
        { "fast", "yes", "The parameter 'fast' cannot be 'yes': it is true or false." },
        { "image", "evil", "The parameter 'image' is for the group power and the user eve; leave it out." },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_refusal_says_which_parameter_and_what_is_allowed(string name, string value, string expected)
    {
        var refusal = Assert.Throws<TemplateRefusal>(() => Resolve(With(Sizes), Request((name, value))));
        Assert.Equal((expected, name), (refusal.Message, refusal.Parameter));
    }

    [Fact]
    public void A_parameter_without_default_has_to_be_given()
    {
        var yaml = With("  parameters: [{name: a, type: string, minLength: 1}]\n");
        Assert.Equal("The template 'demo' needs a value for the parameter 'a'.", Refusal(yaml, Request()));
        Assert.Equal("b", Resolve(yaml, Request(("a", "b"))).Parameters["a"]);
    }

    [Fact]
    public void What_a_choice_overrides_is_merged_over_the_template()
    {
        var small = Resolve(With(Sizes), Request());
        Assert.Equal((1.0, 2L << 30, 0), (small.Requests.Cpu, small.Requests.MemoryBytes, small.Requests.Gpus));
        var large = Resolve(With(Sizes), Request(("size", "l"), ("fast", "true")), Caller(groups: "gpu"));
        Assert.Equal(new TaskResources { Cpu = 8, MemoryBytes = 32L << 30, Gpus = 1, GpuType = "a10" }, large.Requests);
        Assert.Equal(large.Requests, large.Spec.Resources);
        Assert.Equal(("b", "x"), (large.Placement.Require["zone"].Single(), large.Placement.Require["kind"].Single()));
        Assert.Equal(("1", "x"), (large.Spec.Environment["FAST"], large.Spec.Environment["TITLE"]));
    }

    [Fact]
    public void What_is_not_offered_any_more_is_replaced_and_said()
    {
        var task = Resolve(With(Sizes), Request(("size", "m")));
        Assert.Equal("s", task.Parameters["size"]);
        Assert.Equal(["size: 'm' is not offered any more (retired); 's' is used."], task.Notices);
    }

    [Fact]
    public void Those_whom_something_is_for_and_admins_may_have_it()
    {
        Assert.Equal("any", Resolve(With(Sizes), Request(("image", "any")), Caller("eve")).Parameters["image"]);
        Assert.Equal("any", Resolve(With(Sizes), Request(("image", "any")), Caller(groups: "power")).Parameters["image"]);
        Assert.Equal("l", Resolve(With(Sizes), Request(("size", "l")), Caller(role: PlatformRole.Admin)).Parameters["size"]);
        Assert.Equal("none", Resolve(With(Sizes), Request(("image", "none"))).Parameters["image"]);
    }

    [Fact]
    public void Placeholders_are_filled_in_once_and_those_of_the_runner_are_left()
    {
        const string yaml = Head +
            """
              type: session
              source: {command: [run, "{{name}}", "{{ owner }}/{{user}}", "{{host}} {{hostname}} {{origin}}{{basePath}}", "{{port}} {{port.db}} {{home}}", "{{param.a}}", "{{{{x}}"]}
              env: {A: "{{param.a}}-{{port}}"}
              files: {"a.txt": "{{param.a}} {{home}}"}
              parameters: [{name: a, type: string, default: b}]
              ports: [{name: main, headers: {request: {set: {X-A: "{{param.a}} {{{{"}}}}, {name: db, type: tcp}]

            """;
        var task = TemplateResolver.Resolve(Read(yaml), 1, Request(("a", "{{home}}{{name}}")), Caller(), new TaskAddress("nb", "https://nb--ann.hub.example.com:8443"), null);
        Assert.Equal(
            ["run", "nb", "ann/ann", "nb--ann.hub.example.com:8443 nb--ann.hub.example.com https://nb--ann.hub.example.com:8443/", "{{port}} {{port.db}} {{home}}", "{{{{home}}{{{{name}}", "{{{{x}}"],
            task.Spec.Command);
        Assert.Equal("{{{{home}}{{{{name}}-{{port}}", task.Spec.Environment["A"]);
        Assert.Equal("{{{{home}}{{{{name}} {{home}}", task.Spec.Files!["a.txt"]);
        Assert.Equal("{{home}}{{name}} {{", task.Ports[0].Options!.RequestHeaders!["X-A"]);
    }

    [Theory]
    [InlineData("python -m http.server {{port}}", "{{port}}")]
    [InlineData("echo {{ port.main }}", "{{ port.main }}")]
    [InlineData("echo {{port.other}}", "{{{{port.other}}")]
    [InlineData("echo '{{ jinja }}'", "{{{{ jinja }}")]
    [InlineData("echo {{", "{{{{")]
    [InlineData("echo {{{{home}}", "echo {{{{home}}")]
    [InlineData("echo {{home}}", "{{home}}")]
    public void In_a_command_of_a_request_the_runners_placeholders_work_and_all_else_is_meant(string command, string expected)
    {
        var yaml = Head + "  type: session\n  source: {openCommand: true}\n  ports: [{name: main}]\n";
        var request = new CreateTaskRequest { Template = "demo", Command = ["sh", "-c", command] };
        Assert.Contains(expected, Resolve(yaml, request).Spec.Command[2]);
    }

    [Fact]
    public void A_command_is_taken_where_the_template_leaves_it_open_and_needed_where_it_has_none()
    {
        var open = Head + "  type: session\n  source: {openCommand: true}\n";
        Assert.Equal(["a", "b"], Resolve(open, new CreateTaskRequest { Template = "demo", Command = ["a", "b"] }).Spec.Command);
        Assert.StartsWith("The template 'demo' runs the command that you give it", Refusal(open, new CreateTaskRequest { Template = "demo" }));
        Assert.StartsWith("The template 'demo' has a command of its own", Refusal(Least, new CreateTaskRequest { Template = "demo", Command = ["a"] }));
        Assert.StartsWith("A command has at most 200", Refusal(open, new CreateTaskRequest { Template = "demo", Command = ["a", "b\0c"] }));
        Assert.StartsWith("A command has at most 200", Refusal(open, new CreateTaskRequest { Template = "demo", Command = [.. Enumerable.Repeat("a", 201)] }));
        Assert.StartsWith("A command begins with the program", Refusal(open, new CreateTaskRequest { Template = "demo", Command = [" "] }));
    }

    [Fact]
    public void Variables_are_taken_where_the_template_leaves_them_open()
    {
        var request = new CreateTaskRequest { Template = "demo", Environment = new Dictionary<string, string> { ["LD_PRELOAD"] = "/x.so" } };
        Assert.Equal("The template 'demo' takes no environment variables.", Refusal(Least, request));
        Assert.Equal("/x.so", Resolve(With("  openEnv: true\n"), request).Spec.Environment["LD_PRELOAD"]);
        foreach (var name in new[] { "", "A=B", "1A", "A B", "ADIT_TOKEN", "Ä" })
            Assert.NotEmpty(Refusal(With("  openEnv: true\n"), request with { Environment = new Dictionary<string, string> { [name] = "x" } }));
    }

    [Fact]
    public void Resources_are_taken_as_far_as_the_template_lets_them()
    {
        var yaml = With("  resources: {cpu: {request: 0.5, limit: 2, max: 4}, memory: {request: 1Gi, limit: 2Gi}, gpu: {count: 0, type: a10, max: 2}}\n");
        CreateTaskRequest With_(TaskResources asked) => new() { Template = "demo", Resources = asked };
        var task = Resolve(yaml, With_(new TaskResources { Cpu = 4, Gpus = 2 }));
        Assert.Equal(new TaskResources { Cpu = 4, MemoryBytes = 1L << 30, Gpus = 2, GpuType = "a10" }, task.Requests);
        Assert.Equal(new TaskResources { Cpu = 4, MemoryBytes = 2L << 30, Gpus = 2, GpuType = "a10" }, task.Spec.Resources);
        Assert.Equal("The template 'demo' takes 0.01 to 4 cores, not 5.", Refusal(yaml, With_(new TaskResources { Cpu = 5 })));
        Assert.Equal("The template 'demo' takes 0.01 to 4 cores, not NaN.", Refusal(yaml, With_(new TaskResources { Cpu = double.NaN })));
        Assert.Equal("The template 'demo' takes 1Mi to 2Gi of memory, not 3Gi.", Refusal(yaml, With_(new TaskResources { MemoryBytes = 3L << 30 })));
        Assert.Equal("The template 'demo' takes 0 to 2 GPUs, not 3.", Refusal(yaml, With_(new TaskResources { Gpus = 3 })));
        Assert.Equal("The template 'demo' takes GPUs of the kind a10.", Refusal(yaml, With_(new TaskResources { GpuType = "h100" })));
        Assert.Equal("The template 'demo' takes no GPU.", Refusal(Least, With_(new TaskResources { Gpus = 1 })));
        Assert.Equal("A task takes 1Mi of memory or more, not 1 byte; write a unit, such as 2Gi.", Refusal(Least, With_(new TaskResources { MemoryBytes = 1 })));
    }

    [Fact]
    public void Labels_and_a_runner_narrow_down_where_it_runs()
    {
        var request = new CreateTaskRequest { Template = "demo", Runner = "gpu1", Labels = new Dictionary<string, string> { ["zone"] = "b", ["disk"] = "nvme" } };
        var placement = Resolve(With("  placement: {require: {zone: [a, b]}}\n"), request).Placement;
        Assert.Equal(("gpu1", "b", "nvme"), (placement.Runner, placement.Require["zone"].Single(), placement.Require["disk"].Single()));
        Assert.Equal("The template 'demo' runs where the label zone is a or c, not 'b'.", Refusal(With("  placement: {require: {zone: [a, c]}}\n"), request));
    }

    [Fact]
    public void Access_is_given_as_far_as_the_template_lets_it()
    {
        var yaml = With("  auth: {access: owner, maxShare: project}\n");
        Assert.Equal("group:ds,user:bob", Resolve(yaml, new CreateTaskRequest { Template = "demo", Access = "group:ds,user:bob" }).Access);
        Assert.Contains("are opened as far as 'project'", Refusal(yaml, new CreateTaskRequest { Template = "demo", Access = "public" }));
        Assert.Contains("'nobody' is nobody", Refusal(yaml, new CreateTaskRequest { Template = "demo", Access = "nobody" }));
    }

    [Fact]
    public void Homes_are_shared_by_a_user_or_a_project()
    {
        Assert.Null(Resolve(Least).Spec.Home);
        Assert.Equal("user-ann", Resolve(With("  home: user\n")).Spec.Home);
        Assert.Equal("project-churn-1a", Resolve(With("  home: project\n"), projectHome: "project-churn-1a").Spec.Home);
        Assert.Contains("say which project", Refusal(With("  home: project\n"), Request()));
    }

    [Fact]
    public void A_session_that_is_started_as_a_job_is_never_idle()
    {
        var job = Resolve(Least, new CreateTaskRequest { Template = "demo", Kind = TaskKind.Job });
        Assert.Equal((TaskKind.Job, TaskKind.Job, 0, null), (job.Kind, job.Spec.Kind, job.Idle.Steps.Count, job.Idle.MaxAge));
        Assert.NotEmpty(Resolve(Least).Idle.Steps);
    }

    [Fact]
    public void An_image_runs_by_docker_with_its_parameters_in_it()
    {
        var task = Resolve(Head + "  type: session\n  source: {image: {ref: 'registry/{{param.flavour}}:1'}}\n  parameters: [{name: flavour, type: string, default: slim}]\n", Request(("flavour", "full")));
        Assert.Equal(("docker", "registry/full:1", 0), (task.Spec.Executor, task.Spec.Image!.Reference, task.Spec.Command.Count));
        var refusal = Refusal(Head + "  type: session\n  source: {image: {ref: 'registry/{{param.flavour}}:1'}}\n  parameters: [{name: flavour, type: string, default: slim}]\n", Request(("flavour", "a b")));
        Assert.Equal("With these parameters the template 'demo' does not work out: spec.source.image.ref: 'registry/a b:1' is not an image such as registry/name:tag.", refusal);
    }

    [Fact]
    public void A_number_stands_for_itself_where_a_number_is_wanted()
    {
        var yaml = With("  parameters: [{name: cores, type: number, default: 1, min: 1, max: 16, override: {resources: {cpu: '{{value}}', memory: '4Gi'}, env: {N: '{{value}}'}}}]\n");
        var task = Resolve(yaml, Request(("cores", "2.50")));
        Assert.Equal((2.5, "2.50"), (task.Requests.Cpu, task.Spec.Environment["N"]));
    }

    [Fact]
    public void A_parameter_in_a_shells_program_is_warned_of()
    {
        var problems = new TemplateProblems();
        Assert.NotNull(TemplateReader.Read(Head + "  type: job\n  source: {command: [sh, -c, 'ls {{param.dir}}']}\n  parameters: [{name: dir, type: string, default: a}]\n", problems));
        Assert.Equal((8, 30, true), problems.ToList().Select(static p => (p.Line, p.Column, p.IsWarning)).Single());
    }

    [Fact]
    public void A_price_is_the_sum_of_what_is_reserved()
    {
        var rates = new TaskRates(0.04m, 0.005m, 2.5m, "EUR");
        Assert.Equal(0.04m * 0.1m + 0.005m * 0.5m, rates.PerHour(new TaskResources { Cpu = 0.1, MemoryBytes = 512L << 20 }));
        Assert.Equal(5m, rates.PerHour(new TaskResources { Gpus = 2 }));
    }
}
