using Adit.Api;
using Adit.Hub.Access;
using Adit.Hub.Access.Accounts;
using Adit.Hub.Access.Doors;
using Adit.Hub.Access.Permissions;
using Adit.Hub.Access.Sessions;
using Adit.Hub.Access.SignIn;
using Adit.Hub.Checks;
using Adit.Hub.Config;
using Adit.Hub.Edge;
using Adit.Hub.Edge.Door;
using Adit.Hub.Edge.Forwarding;
using Adit.Hub.Edge.Gate;
using Adit.Hub.Edge.Tls;
using Adit.Hub.Http;
using Adit.Hub.Inspector;
using Adit.Hub.Links;
using Adit.Hub.Projects;
using Adit.Hub.Runners;
using Adit.Hub.S3;
using Adit.Hub.Secrets;
using Adit.Hub.Storage;
using Adit.Hub.Tasks;
using Adit.Hub.Tasks.Idle;
using Adit.Hub.Tasks.Quotas;
using Adit.Hub.Tasks.Usage;
using Adit.Hub.Tasks.Waiting;
using Adit.Hub.Telemetry;
using Adit.Hub.Templates;
using Adit.Hub.Tunnels;
using Adit.Hub.Volumes;
using Adit.Hub.WebUi;
using Adit.Link;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Adit.Hub;

/// <summary>
/// A hub: one process, one data directory. Composes the slices, starts them, and drains them in order when it is told to stop. Tests and
/// the command line start the same thing.
/// </summary>
public sealed class HubApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly DataDirectory _directory;
    private readonly Database _database;
    private readonly LinkHost _links;
    private readonly TokenRegistry _tokens;
    private readonly HubOptions _options;
    private readonly TimeProvider _time;
    private bool _isStopped;

    private HubApp(WebApplication app, DataDirectory directory, Database database, HubOptions options, TimeProvider time, string? adminToken)
    {
        _app = app;
        _directory = directory;
        _database = database;
        _options = options;
        _time = time;
        _links = app.Services.GetRequiredService<LinkHost>();
        _tokens = app.Services.GetRequiredService<TokenRegistry>();
        AdminToken = adminToken;
    }

    /// <summary>Where it listens: <c>http://127.0.0.1:8080</c>; the real ports where 0 was asked for.</summary>
    public IReadOnlyList<string> Addresses => [.. _app.Urls];

    /// <summary>By which clients can pin the hub's own authority (<c>sha256:…</c>); null when it has none.</summary>
    public string? Fingerprint => _app.Services.GetRequiredService<TlsService>().Fingerprint;

    /// <summary>The admin token's text, on a first start and until it is used; null afterwards.</summary>
    public string? AdminToken { get; }

    /// <summary>Its services, for tests.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a hub and returns when it serves.</summary>
    /// <param name="options">What it is asked to be; checked already by <see cref="HubConfig"/>.</param>
    /// <param name="time">The clock; null for the real one.</param>
    /// <param name="logging">Where its log goes; null for nowhere.</param>
    /// <exception cref="StorageException">The data directory or database cannot be used.</exception>
    /// <exception cref="IOException">An address cannot be listened on, or a certificate cannot be used.</exception>
    public static async Task<HubApp> StartAsync(HubOptions options, TimeProvider? time = null, Action<ILoggingBuilder>? logging = null)
    {
        time ??= TimeProvider.System;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTimeout);

        var directory = DataDirectory.Open(options.DataDirectory);
        Database? database = null;
        WebApplication? app = null;
        try
        {
            database = await Database.OpenAsync(directory.File("adit.db"), time);
            using var startLog = LoggerFactory.Create(l => logging?.Invoke(l));
            var accounts = await AccountDirectory.LoadAsync(database, time);
            var (tokens, adminToken) = await TokenRegistry.LoadAsync(database, directory, accounts, time, startLog.CreateLogger<TokenRegistry>());
            var projects = await ProjectDirectory.LoadAsync(database, time);
            var limits = new SessionLimits(options.SessionIdle, options.SessionLife);
            var sessions = await SessionRegistry.LoadAsync(database, accounts, tokens, limits, time, startLog.CreateLogger<SessionRegistry>());
            builder.Services.AddSessions(sessions);
            builder.Services.AddSingleton(accounts).AddSingleton(projects).AddSingleton<IProjectRoles>(projects);
            AddServices(builder, options, time, directory, database, tokens);
            app = builder.Build();
            MapPipeline(app);
            tokens.Revoked += id => app.Services.GetRequiredService<LinkHost>().CloseLinksOf(id, "its token was revoked or has expired");
            await app.Services.LoadDoorsAsync();
            await app.Services.GetRequiredService<TunnelRegistry>().LoadAsync();
            await app.Services.GetRequiredService<SecretBook>().LoadAsync();
            await app.Services.LoadVolumesAsync();
            await app.Services.LoadS3Async();
            await app.Services.GetRequiredService<TemplateRegistry>().LoadAsync(database);
            await app.Services.GetRequiredService<RunnerRegistry>().LoadAsync();
            _ = app.Services.GetRequiredService<TaskWaiting>(); // Stands at the addresses of tasks from the first visitor on.
            await app.Services.GetRequiredService<TaskRegistry>().LoadAsync();
            await app.Services.GetRequiredService<IdleEngine>().StartAsync();
            await app.StartAsync();
            return new HubApp(app, directory, database, options, time, adminToken);
        }
        catch (Exception e)
        {
            if (app is not null)
                await app.DisposeAsync();
            if (database is not null)
                await database.DisposeAsync();
            directory.Dispose();
            if (e is IOException { InnerException: AddressInUseException inUse })
                throw new IOException(inUse.Message, e); // Kestrel's own says neither who nor what to do.
            if (e is CertificateException)
                throw new IOException(e.Message, e);
            throw;
        }
    }

    /// <summary>
    /// Stops in order: takes nothing new, tells clients to come back later, lets streams end until the drain time is over, then ends the rest.
    /// </summary>
    public async Task StopAsync()
    {
        if (_isStopped)
            return;
        _isStopped = true;
        _app.Services.GetRequiredService<Readiness>().StartDraining();
        await _links.DrainAsync("the hub is stopping", ReturnSpread.Of(_links.Count));
        using var deadline = new CancellationTokenSource(_options.DrainTimeout, _time);
        var stopping = _app.StopAsync(deadline.Token); // Stops listening at once, then waits for requests under way.
        var tunnels = _app.Services.GetRequiredService<TunnelRegistry>();
        while (!deadline.IsCancellationRequested && tunnels.OpenStreams > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time).WaitAsync(deadline.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _links.DisposeAsync();
        await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        await _tokens.DisposeAsync();
        await _database.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task ServeLinkAsync(LinkHost links, Wire wire, TimeProvider time, CancellationToken stopping)
    {
        await using var abort = stopping.UnsafeRegister(static w => ((Wire)w!).Abort(), wire);
        await DataHandshake.ServeAsync(links, wire, time);
    }

    private static void AddServices(
        WebApplicationBuilder builder, HubOptions options, TimeProvider time, DataDirectory directory, Database database, TokenRegistry tokens)
    {
        var services = builder.Services;
        // Signals are the command line's: the host's own lifetime would end streams on SIGTERM before StopAsync has drained them.
        services.AddSingleton<IHostLifetime, NoSignals>();
        services.AddSingleton(options).AddSingleton(time).AddSingleton(directory).AddSingleton(database).AddSingleton(tokens);
        services.AddSingleton(provider => new LinkHost(new LinkHostOptions
        {
            Time = time,
            OnStream = (link, stream) => provider.GetRequiredService<TunnelDoor>().ServeAsync(link, stream),
        }));
        services.AddSingleton(provider =>
        {
            var links = provider.GetRequiredService<LinkHost>();
            return new DoorHandlers { LinkData = (wire, stopping) => ServeLinkAsync(links, wire, time, stopping), Open = provider.GetRequiredService<OpenDoors>() };
        });
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, TunnelsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, TokensJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, SessionsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AccountsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, GroupsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, AuditRecordsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ProjectsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ServiceAccountsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, DevicesJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, RunnersJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, TasksJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, TemplatesJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ChecksJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, QuotasJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, UsageJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, SecretsJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, VolumesJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, S3Json.Default);
        });
        services.AddRequestBodies().AddTls().AddAccess().AddSignIn(options).AddAccounts().AddProjects().AddTelemetry(options).AddInspector().AddTunnels().AddSecrets().AddTemplates().AddRunners().AddTasks().AddVolumes().AddS3().AddChecks().AddApiDescription();

        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var address in options.Listen)
                kestrel.Listen(EndPoint(address, isTls: false), listen => listen.UseHalfClose());
            foreach (var address in options.ListenTls)
                kestrel.Listen(EndPoint(address, isTls: true), listen =>
                {
                    listen.UseHalfClose();
                    listen.UseAditTls(kestrel.ApplicationServices.GetRequiredService<CertificateSelector>());
                });
        });
        services.AddDoor();
        services.AddDoors(options);
        services.AddEdge(options);
    }

    private static void MapPipeline(WebApplication app)
    {
        app.UseExceptionHandler(errors => errors.Run(context =>
        {
            var failure = context.Features.Get<IExceptionHandlerFeature>()?.Error;
            return (failure switch
            {
                BadHttpRequestException bad => Problems.OfStatus(bad.StatusCode, context.Request.Path),
                StorageException storage => Problems.Of(StatusCodes.Status507InsufficientStorage, "storage", storage.Message),
                _ => Problems.Of(500, "failed", "The hub failed to answer; its log has the reason under this request id."),
            }).ExecuteAsync(context);
        }));
        app.UseStatusCodePages(pages => Problems.OfStatus(pages.HttpContext.Response.StatusCode, pages.HttpContext.Request.Path).ExecuteAsync(pages.HttpContext));
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        var trusted = app.Services.GetRequiredService<TrustedProxies>();
        app.Use((context, next) =>
        {
            // Who guesses tokens through a trusted proxy is held up alone, and not everybody behind that proxy; and when that proxy does
            // TLS, cookies and addresses are made for TLS.
            var connection = context.Connection;
            if (trusted.Contains(connection.RemoteIpAddress))
            {
                context.Items[ForwardAuth.FromProxy] = true;
                if (context.Request.Headers["X-Forwarded-Proto"].ToString() is "https")
                    context.Request.Scheme = "https";
            }

            connection.RemoteIpAddress = ForwardedFields.Client(connection.RemoteIpAddress, trusted, context.Request.Headers["X-Forwarded-For"].ToString());
            return next(context);
        });
        S3Endpoint.Use(app, app.Services.GetRequiredService<HubOptions>());
        app.UseWebUi(WebAssets.Embedded());
        app.UseAuthentication();
        app.UseAuthorization();
        app.UsePermissions();
        app.UseRequestBodies();
        app.MapAccess();
        app.MapSessions();
        app.MapSignIn();
        app.MapAccounts();
        app.MapProjects();
        app.MapDoors();
        app.MapLinks();
        app.MapTunnels();
        app.MapTemplates();
        app.MapRunners();
        app.MapTasks();
        app.MapChecks();
        app.MapQuotas();
        app.MapUsage();
        app.MapSecrets();
        app.MapVolumes();
        app.MapS3Keys();
        app.MapTls();
        var challenges = app.Services.GetRequiredService<AcmeChallengeAnswers>();
        app.Services.GetRequiredService<OwnHosts>().AnswersChallenge = token => challenges.Find(AcmeChallengeAnswers.PathPrefix + token) is not null;
        app.MapInspector();
        app.MapTelemetry();
        app.MapApiDescription();
    }

    private static DoorEndPoint EndPoint(string address, bool isTls)
    {
        var at = ListenAddress.Parse(address);
        return new DoorEndPoint(at.Address, at.Port, isTls);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
