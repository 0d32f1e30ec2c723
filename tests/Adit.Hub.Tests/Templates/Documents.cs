using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Templates;
using Adit.Hub.Templates.Documents;

namespace Adit.Hub.Tests.Templates;

/// <summary>Documents and callers for tests of templates.</summary>
internal static class Documents
{
    public const string Head = "apiVersion: adit/v1\nkind: Template\nmetadata:\n  slug: demo\n  name: Demo\nspec:\n";

    public const string Least = Head + "  type: session\n  source: {command: [sleep, inf]}\n";

    /// <summary>Every key that there is.</summary>
    public const string Full =
        """
        apiVersion: adit/v1
        kind: Template
        metadata:
          slug: full
          name: All of it
          description: Every key once.
          visibility:
            groups: [ds, ml]
            users: [ann]
            hidden: true
            deprecated: {by: other, message: Too old.}
        spec:
          type: session
          source:
            image:
              ref: registry/x:1
              pull: always
              credentialsSecret: registry
              mounts: [{source: /srv/data, target: /data, readOnly: true}]
              privileged: true
            command: [serve, "--port={{port}}", "--db={{port.db}}", "--name={{name}}", 7]
            openCommand: true
            workingDir: /tmp
            user: nobody
          env: {VERSION: 3.10, DEBUG: false, KEY: {secret: key, of: project}}
          openEnv: false
          files: {conf/a.ini: "home = {{home}}\n"}
          home: project
          workspace: {every: 5m}
          parameters:
            - name: size
              label: Size
              description: How much of it.
              type: choice
              default: s
              allowedFor: {groups: [ds]}
              choices:
                - {value: s, label: Small, description: For most., override: {resources: {cpu: 2, memory: 4Gi}}}
                - {value: l, override: {resources: {cpu: 8}, placement: {require: {disk: nvme}}}, allowedFor: {users: [bob]}}
                - {value: m, redirectTo: s, message: gone}
            - {name: tag, type: string, default: "1", pattern: "[0-9]+", minLength: 1, maxLength: 9, override: {source: {image: {ref: "registry/x:{{value}}"}}}}
            - {name: n, type: number, default: 1, min: 1, max: 3, integer: true, override: {env: {N: "{{value}}"}}}
            - {name: debug, type: boolean, default: false, override: {env: {DEBUG: true}, idle: {busyMax: 1h}, start: {retries: 1}, stop: {grace: 1s}, home: user, files: {b: c}}}
          resources:
            cpu: {request: 0.5, limit: 2, max: 8}
            memory: {request: 1Gi, limit: 4Gi, max: 32Gi}
            gpu: {count: 0, type: a10, max: 1}
          placement:
            require: {zone: [a, b], plane: interactive}
            prefer: [{label: disk, value: nvme, weight: 10}]
            tolerate: [{key: gpu}, {key: team, value: x}]
          ports:
            - name: main
              port: 8888
              type: http
              health: {path: /api, expect: [200, 302]}
              headers: {request: {set: {X-Origin: "{{origin}}"}, remove: [Cookie2]}, response: {set: {X-A: b}, remove: [X-Frame-Options]}}
              hostHeader: upstream
              crossSite: true
              limits: {body: 1GiB, responseTimeout: 1h}
            - {name: db, type: tcp, port: 5432}
          auth: {access: project, maxShare: signed-in}
          idle:
            ladder: [{after: 15m, action: freeze}, {after: 2h, action: stop}]
            warn: 5m
            signals: {request: false, websocket: false, kernel: jupyter, compute: {cpu: 10%, gpu: 20%, window: 1m}}
            ignorePaths: [/api/status, "GET /x/*"]
            wsIgnore: ["^2$"]
            wsPassiveMax: 30m
            busyMax: 24h
            minUptime: 1m
            maxAge: never
            lease: {maxTtl: 1h, maxPerDay: 2h}
          start: {timeout: 90s, hold: 0s, retries: 3}
          stop: {grace: 20s}
          cost: {cpuHour: 0.04, memoryGiBHour: 0.005, gpuHour: 2.5, currency: EUR}
          maxPerUser: 3

        """;

    public static readonly TaskAddress Address = new("nb", "https://nb--ann.hub.example.com");

    /// <summary>A document whose spec goes on like this; lines are indented as they stand.</summary>
    public static string With(string more) => Least + more;

    /// <summary>Reads a document that has to be right.</summary>
    public static Template Read(string yaml)
    {
        var problems = new TemplateProblems();
        var template = TemplateReader.Read(yaml, problems);
        Assert.True(template is not null, string.Join('\n', problems.ToList()));
        return template;
    }

    /// <summary>What is wrong with a document, as <c>LINE:COLUMN: MESSAGE</c>.</summary>
    public static string[] Problems(string yaml)
    {
        var problems = new TemplateProblems();
        var template = TemplateReader.Read(yaml, problems);
        Assert.Equal(template is null, problems.HasErrors);
        return [.. problems.ToList().Select(static p => $"{p.Line}:{p.Column}: {p.Message}")];
    }

    public static Caller Caller(string account = "ann", PlatformRole role = PlatformRole.User, params string[] groups) => new()
    {
        Identity = new Account { Name = account, Kind = AccountKind.Person, Role = role, Created = DateTimeOffset.UnixEpoch, Groups = groups.ToHashSet() },
        Role = role,
        TokenId = "t",
        TokenName = account,
    };

    /// <summary>Resolves a document.</summary>
    public static ResolvedTask Resolve(string yaml, CreateTaskRequest? request = null, Caller? caller = null, string? projectHome = null) =>
        TemplateResolver.Resolve(Read(yaml), 1, request ?? new CreateTaskRequest { Template = "demo" }, caller ?? Caller(), Address, projectHome);

    /// <summary>The sentence by which a request is refused.</summary>
    public static string Refusal(string yaml, CreateTaskRequest request, Caller? caller = null) =>
        Assert.Throws<TemplateRefusal>(() => Resolve(yaml, request, caller)).Message;

    public static CreateTaskRequest Request(params (string Name, string Value)[] parameters) =>
        new() { Template = "demo", Parameters = parameters.ToDictionary(static p => p.Name, static p => p.Value) };
}
