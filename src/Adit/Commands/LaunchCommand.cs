using System.CommandLine;
using System.Text.Json;
using Adit.Api;
using Adit.Runner.Hubs;
using Adit.Terminal;

namespace Adit.Commands;

/// <summary><c>adit launch</c>: starts a task from a template.</summary>
internal static class LaunchCommand
{
    public static Command Create()
    {
        var access = new HubAccessOptions();
        var template = new Argument<string>("TEMPLATE") { Description = "What to start: jupyter, command, … ('adit template ls'), or, for admins, NAME@VERSION." };
        var command = new Argument<string[]>("COMMAND") { Description = "After '--': the command, for templates that leave it open.", Arity = ArgumentArity.ZeroOrMore };
        var name = new Option<string?>("--name") { Description = "What it is called, part of its address. Default: a free one made of the template's.", HelpName = "NAME" };
        var job = new Option<bool>("--job") { Description = "A job: it ends by itself, and with --wait its exit code is this command's." };
        var project = new Option<string?>("--project") { Description = "The project it is in.", HelpName = "NAME" };
        var parameters = Many("--set", "NAME=VALUE", "A parameter of the template. May be repeated.");
        var environment = Many("--env", "NAME=VALUE", "An environment variable. May be repeated.");
        var cpu = new Option<double?>("--cpu") { Description = "Cores.", HelpName = "CORES" };
        var memory = new Option<string?>("--memory") { Description = "Memory, such as 4Gi.", HelpName = "BYTES" };
        var gpus = new Option<int?>("--gpus") { Description = "Whole GPUs.", HelpName = "N" };
        var gpuType = new Option<string?>("--gpu-type") { Description = "Their type: the runner's label 'gpu'.", HelpName = "TYPE" };
        var runner = new Option<string?>("--runner") { Description = "The runner to take. Default: any that fits.", HelpName = "NAME" };
        var labels = Many("--label", "KEY=VALUE", "A label that the runner must have. May be repeated.");
        var who = new Option<string?>("--access") { Description = "Who may use its addresses: owner (default), project, signed-in, public, group:NAME, user:NAME.", HelpName = "WHO" };
        var workspace = new Option<string?>("--workspace")
        {
            Description = "The volume that is its home directory, made when there is none: NAME in its project, or PROJECT/NAME. Default: as the template says; of most sessions one of the task's name.", HelpName = "NAME",
        };
        var noWorkspace = new Option<bool>("--no-workspace") { Description = "Its files stay on its runner, whatever the template says." };
        var wait = new Option<bool>("--wait") { Description = "Wait until it is ready; for a job, until it ends, with its output." };
        var open = new Option<bool>("--open") { Description = "Wait, and open it in the browser, signed in." };
        var json = new Option<bool>("--json") { Description = "Print the task as JSON." };
        var launch = new Command("launch", "Start something from a template on a machine that fits, and print its address.")
        {
            template, command, name, job, project, parameters, environment, cpu, memory, gpus, gpuType, runner, labels, who, workspace, noWorkspace, wait, open, json,
        };
        access.AddTo(launch);
        launch.SetAction((parsed, cancellationToken) => RunAsync(
            access.Read(parsed),
            new CreateTaskRequest
            {
                Template = parsed.GetValue(template)!,
                Name = parsed.GetValue(name),
                Kind = parsed.GetValue(job) ? TaskKind.Job : null,
                Project = parsed.GetValue(project),
                Parameters = Set(parsed.GetValue(parameters), "--set"),
                Environment = Set(parsed.GetValue(environment), "--env"),
                Command = parsed.GetValue(command) is { Length: > 0 } words ? words : null,
                Resources = new TaskResources
                {
                    Cpu = parsed.GetValue(cpu),
                    MemoryBytes = parsed.GetValue(memory) is { } text ? ByteWords.Parse(text, "--memory") : null,
                    Gpus = parsed.GetValue(gpus),
                    GpuType = parsed.GetValue(gpuType),
                },
                Runner = parsed.GetValue(runner),
                Labels = Set(parsed.GetValue(labels), "--label"),
                Access = parsed.GetValue(who),
                Workspace = parsed.GetValue(workspace),
                NoWorkspace = parsed.GetValue(noWorkspace) ? true : null,
            },
            new LaunchOptions(parsed.GetValue(wait) || parsed.GetValue(open), parsed.GetValue(open), parsed.GetValue(json)),
            cancellationToken));
        return launch;
    }

    private static async Task<int> RunAsync(HubAccess hub, CreateTaskRequest request, LaunchOptions options, CancellationToken cancellationToken)
    {
        using var api = new HubApi(hub.CreateHttpClient(), hub.Url);
        var task = await api.StartTaskAsync(request, cancellationToken);
        foreach (var notice in task.Notices ?? [])
            Screen.Note(notice);
        if (task.PricePerHour is { } price)
            Screen.Note($"It costs {TemplateTestCommand.Price(price, task.Currency)}.");
        if (task.IdleTerms is { } idle)
            Screen.Note(TaskWords.Of(idle));
        if (options.Wait)
            return await new TaskWait(api, TimeProvider.System).RunAsync(task, options, cancellationToken);
        Show(task, options.Json);
        return ExitCode.Ok;
    }

    /// <summary>Prints a task as launch does.</summary>
    public static void Show(ApiTask task, bool json)
    {
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(task, TasksJson.Default.ApiTask));
            return;
        }

        if (task is { Runner: null, Queue: { } queue })
            Screen.Line($"{task.Name} is queued, {queue.Position}. in the queue: {queue.Reason}{(task.Url is null ? "" : $" Its address will be {task.Url}")}");
        else
            Screen.Line($"{task.Name} {TaskWords.Is(task.State)}{(task.Runner is null ? "" : $" on {task.Runner}")}{(task.Url is null ? "" : $": {task.Url}")}");
    }

    private static Dictionary<string, string>? Set(string[]? texts, string flag) => texts is { Length: > 0 } ? RunnerFlags.KeyValues(texts, flag) : null;

    private static Option<string[]> Many(string flag, string value, string help) => new(flag) { Description = help, HelpName = value, Arity = ArgumentArity.OneOrMore };
}

/// <summary>What follows a launch.</summary>
/// <param name="Wait">Wait for it.</param>
/// <param name="Open">And open it in the browser.</param>
/// <param name="Json">Print JSON.</param>
internal sealed record LaunchOptions(bool Wait, bool Open, bool Json);
