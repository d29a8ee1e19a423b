import com.adobe.testing.s3mock.S3MockApplication;
import org.apache.catalina.connector.Connector;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.embedded.tomcat.TomcatServletWebServerFactory;

/** S3Mock, whose second connector would otherwise listen on every address of the machine. */
public class LoopbackS3Mock {
    public static void main(String[] arguments) {
        new SpringApplicationBuilder(S3MockApplication.class)
            .initializers(context -> context.getBeanFactory().addBeanPostProcessor(new Loopback()))
            .run(arguments);
    }

    static class Loopback implements BeanPostProcessor {
        @Override
        public Object postProcessBeforeInitialization(Object bean, String name) {
            if (bean instanceof TomcatServletWebServerFactory factory) {
                for (Connector connector : factory.getAdditionalTomcatConnectors()) {
                    connector.setProperty("address", "127.0.0.1");
                }
            }
            return bean;
        }
    }
}
